# Asks for the listing without a session token some 300 times a second, each time on a new connection, and
# prints how long who answered: `own` is the daemon, which wants a token; `real` is the metadata service.
# Faster, it would be refused as a flood, and come back to a port that the kernel still holds as used.
import http.client, json, time


def ask():
    connection = http.client.HTTPConnection('169.254.169.254', timeout=1)
    try:
        connection.request('GET', '/latest/meta-data/iam/security-credentials/')
        answer = connection.getresponse()
        answer.read()
        return 'own' if answer.status == 401 else 'real' if answer.status == 200 else str(answer.status)
    except ConnectionRefusedError:
        return 'refused'
    except TimeoutError:
        return 'timeout'
    except OSError:
        return 'reset'
    finally:
        connection.close()


def tell(who, from_s, to_s, count):
    print(json.dumps({'who': who, 'fromMs': from_s * 1000, 'toMs': to_s * 1000, 'count': count}), flush=True)


who, from_s, count = None, 0, 0
while True:
    asked = time.time()
    now = ask()
    answered = time.time()
    if now != who or answered - from_s > 1:
        if who is not None:
            tell(who, from_s, asked, count)
        who, from_s, count = now, asked, 0
    count += 1
    time.sleep(0.003)
