# Asks for credentials as an SDK does, again and again, each request on a connection of its own, and
# prints what every round came to: a JSON line with the status of each step, or how it failed.
import errno, http.client, json, os, time

period = float(os.environ['PERIOD_SECONDS'])
credentials = '/latest/meta-data/iam/security-credentials/'


def ask(method, path, headers={}):
    connection = http.client.HTTPConnection('169.254.169.254', timeout=1)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except ConnectionRefusedError:
        return 'refused', ''
    except TimeoutError:
        return 'timeout', ''
    except (ConnectionResetError, http.client.RemoteDisconnected, BrokenPipeError):
        return 'reset', ''
    except OSError as error:
        return errno.errorcode.get(error.errno, 'error'), ''
    finally:
        connection.close()


def new_token():
    return ask('PUT', '/latest/api/token', {'X-aws-ec2-metadata-token-ttl-seconds': '21600'})


def one_round(kept):
    """Ends with the first step that fails; `kept` is a token of long ago."""
    steps = {}
    if kept:
        steps['kept'] = ask('GET', credentials, {'X-aws-ec2-metadata-token': kept})[0]
    asked = time.time()
    steps['token'], token = new_token()
    steps['tokenMs'] = round((time.time() - asked) * 1000)
    if steps['token'] != 200:
        return steps, None
    headers = {'X-aws-ec2-metadata-token': token}
    steps['listing'], role = ask('GET', credentials, headers)
    if steps['listing'] != 200:
        return {**steps, 'body': role[:2000]}, token
    steps['document'], body = ask('GET', credentials + role, headers)
    if steps['document'] != 200:
        return {**steps, 'role': role, 'body': body[:2000]}, token
    document = json.loads(body)
    return {**steps, 'role': role, 'key': document['AccessKeyId'], 'expires': document['Expiration']}, token


kept = None
turn = time.time()
while True:
    started = time.time()
    steps, token = one_round(kept)
    # As SDKs do, which drop a token that is refused and ask for another.
    kept = token if kept is None or steps['kept'] == 401 else kept
    took = round((time.time() - started) * 1000)
    print(json.dumps({'atMs': round(started * 1000), 'tookMs': took, **steps}), flush=True)
    turn = max(turn + period, time.time())
    time.sleep(max(0, turn - time.time()))
