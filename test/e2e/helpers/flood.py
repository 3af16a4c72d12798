# Opens connections to the metadata address as fast as it can, so many at a time, and lets each go as soon
# as it is there, or all when nothing comes back; from the address that is named second, if any. Each half
# second it prints how many came about, how many were refused, and how long that half second was.
import select, socket, struct, sys, time

AT_A_TIME = 256
LET_GO = struct.pack('ii', 1, 0)
# What is asked in another's name is never answered here.
PATIENCE_SECONDS = 0.002 if len(sys.argv) > 2 else 0.05
poll = select.epoll()
opening = {}
count = {'opened': 0, 'refused': 0}


def begin():
    one = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET)
    one.setblocking(False)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LET_GO)
    try:
        if len(sys.argv) > 2:
            one.bind((sys.argv[2], 0))
        one.connect((sys.argv[1], 80))
    except BlockingIOError:
        pass
    except OSError:
        return one.close()
    opening[one.fileno()] = one
    poll.register(one.fileno(), select.EPOLLOUT)


told = time.time()
while True:
    while len(opening) < AT_A_TIME:
        begin()
    answered = [number for number, _ in poll.poll(PATIENCE_SECONDS)]
    for number in answered or list(opening):
        one = opening.pop(number)
        poll.unregister(number)
        if not answered:
            one.close()
            continue
        failed = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        count['refused' if failed else 'opened'] += 1
        one.close()
    if time.time() - told > 0.5:
        now = time.time()
        print(count['opened'], count['refused'], now - told, flush=True)
        told, count = now, {'opened': 0, 'refused': 0}
