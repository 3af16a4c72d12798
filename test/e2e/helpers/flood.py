# Opens connections to the metadata address as fast as it can, so many at a time, and lets each go as soon
# as it is there. Each half second it prints how many came about, and how many were refused.
import select, socket, struct, sys, time

AT_A_TIME = 256
LET_GO = struct.pack('ii', 1, 0)
poll = select.epoll()
opening = {}
count = {'opened': 0, 'refused': 0}


def begin():
    one = socket.socket()
    one.setblocking(False)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LET_GO)
    try:
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
    for number, _ in poll.poll(0.05):
        one = opening.pop(number)
        poll.unregister(number)
        failed = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        count['refused' if failed else 'opened'] += 1
        one.close()
    if time.time() - told > 0.5:
        print(count['opened'], count['refused'], flush=True)
        told, count = time.time(), {'opened': 0, 'refused': 0}
