/**
 * Addresses by which a client could have the server go where it should not: each against a listener on this machine that
 * counts who comes. 127.0.0.1 and ::1 are what nobody may reach here; 127.0.0.2 stands for an address that everybody
 * may.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, BlockList } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { lookUps } from '../../src/network/destination.js';
import { GuardedFetch } from '../../src/network/guarded-fetch.js';
import { type Exception, isPublic } from '../../src/network/reachable.js';
import { type NameServer, startNameServer } from './name-server.js';

let names: NameServer;
let front: Server;
let forbidden: Server[];
let port: number;
let visits = 0;
/** What the front answers with. */
let answer: RequestListener = (_request, response) => response.end('hello');
let seen: { method: string | undefined; url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = [];

beforeAll(async () => {
  names = await startNameServer();
  front = createServer((request, response) => {
    const { method, url, headers } = request;
    seen.push({ method, url, headers });
    answer(request, response);
  }).listen(0, '127.0.0.2');
  await once(front, 'listening');
  ({ port } = front.address() as AddressInfo);
  forbidden = await Promise.all(
    ['127.0.0.1', '::1'].map(async (address) => {
      const server = createServer((_request, response) => response.end('a secret'));
      server.on('connection', () => (visits += 1));
      server.listen(port, address);
      await Promise.race([once(server, 'listening'), once(server, 'error')]);
      return server;
    }),
  );
});
afterEach(() => {
  visits = 0;
  seen = [];
  answer = (_request, response) => response.end('hello');
});
afterAll(() => {
  names.close();
  for (const server of [front, ...forbidden]) {
    server.closeAllConnections();
    server.close();
  }
});

function guard({
  exceptions = [{ network: '127.0.0.2/32' }],
  allowed = true,
  concurrency = 4,
}: { exceptions?: readonly Exception[]; allowed?: boolean; concurrency?: number } = {}) {
  return new GuardedFetch({
    // The port is let through, so that it is the address which stops a request.
    rules: { allowed, ports: [80, 443, port], exceptions },
    concurrency,
    lookUps: lookUps([names.address]),
  });
}

const LIMITS = { maximumBytes: 1000, milliseconds: 10_000 };
const get = (url: string, limits: Partial<typeof LIMITS> = {}) => guard().get(url, 'image/*', { ...LIMITS, ...limits });
const home = (path = '/') => `http://127.0.0.2:${port}${path}`;
const leadTo =
  (location: string, status = 302): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { location }).end();

const REFUSED = { code: 'URL_REFUSED' };
const UNREACHABLE = { code: 'URL_UNREACHABLE' };
const TOO_LARGE = { code: 'IMAGE_TOO_LARGE' };

describe('an address that everybody may reach', () => {
  test('is fetched, with its type and status', async () => {
    answer = (_request, response) => response.writeHead(404, { 'Content-Type': 'Image/PNG' }).end('no');
    const { status, contentType, bytes, url } = await get(home('/photo?x=1#part'));
    expect({ status, contentType, text: bytes.toString(), href: url.href }).toEqual({
      status: 404,
      contentType: 'image/png',
      text: 'no',
      href: home('/photo?x=1#part'),
    });
    expect(seen[0]?.headers).toMatchObject({ accept: 'image/*', host: `127.0.0.2:${port}` });
  });

  test('is found by its name, which is looked up once', async () => {
    names.answer('photos.test', ['127.0.0.2']);
    expect((await get(`http://photos.test:${port}/`)).bytes.toString()).toBe('hello');
    expect([names.asked('photos.test', 'A'), names.asked('photos.test', 'AAAA')]).toEqual([1, 1]);
    expect(seen[0]?.headers).toMatchObject({ host: `photos.test:${port}` });
  });

  test('may lead on to another, five times', async () => {
    answer = ({ url }, response) => {
      const step = Number(url?.slice(1));
      if (step < 5) response.writeHead(302, { location: `/${step + 1}` }).end();
      else response.end('there');
    };
    expect((await get(home('/0'))).bytes.toString()).toBe('there');
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('may pack what it sends, as %s', async (encoding, pack) => {
    answer = (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(pack('hello'));
    expect((await get(home())).bytes.toString()).toBe('hello');
  });
});

test('what nobody may reach is there, and reached once the operator lets it through', async () => {
  const limits = LIMITS;
  for (const [exception, url] of [
    [{ network: '127.0.0.0/8' }, `http://127.0.0.1:${port}/`],
    [{ network: '127.0.0.1/32', port }, `http://2130706433:${port}/`],
    [{ name: 'localhost' }, `http://LOCALHOST:${port}/`],
    [{ name: 'localhost', port }, `http://localhost:${port}/`],
  ] as const) {
    const { bytes } = await guard({ exceptions: [exception] }).get(url, '*/*', limits);
    expect(bytes.toString()).toBe('a secret');
  }
  expect(visits).toBe(4);
  for (const exception of [
    { name: 'localhost', port: port + 1 },
    { network: '127.0.0.1/32', port: port + 1 },
  ])
    await expect(
      guard({ exceptions: [exception] }).get(`http://127.0.0.1:${port}/`, '*/*', limits),
    ).rejects.toMatchObject(REFUSED);
  expect(visits).toBe(4);
});

describe('no way leads to what nobody may reach', () => {
  test.each([
    'http://127.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://127.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f000001:PORT/',
    'http://0x7f.0.0.1:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://0177.0x0.0.0x1:PORT/',
    'http://017700000001:PORT/',
    'http://127.0.0.1.:PORT/',
    'http://127.255.255.254:PORT/',
    'http://0.0.0.0:PORT/',
    'http://0:PORT/',
    'http://0.1.2.3:PORT/',
    'http://%31%32%37.0.0.1:PORT/',
    'http://１２７．０．０．１:PORT/',
    'http://①②⑦.⓪.⓪.①:PORT/',
    'http://127。0。0。1:PORT/',
    'http:127.0.0.1:PORT/',
    'http:\\\\127.0.0.1:PORT\\',
    'http:////127.0.0.1:PORT/',
    ' ht\ttp://127.0.\n0.1:PORT/ ',
    'http://[::1]:PORT/',
    'http://[0:0:0:0:0:0:0:1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[0000:0000:0000:0000:0000:FFFF:7F00:0001]:PORT/',
    'http://[::ffff:0:127.0.0.1]:PORT/',
    'http://[::127.0.0.1]:PORT/',
    'http://[64:ff9b::127.0.0.1]:PORT/',
    'http://[64:ff9b:1::7f00:1]:PORT/',
    'http://[2002:7f00:1::]:PORT/',
    'http://[2001:0:7f00:1::80ff:fffe]:PORT/',
    'http://[fe80::1]:PORT/',
    'http://[fec0::1]:PORT/',
    'http://[fd00::1]:PORT/',
    'http://[fd00:ec2::254]:PORT/',
    'http://[ff02::1]:PORT/',
    'http://[2001:db8::1]:PORT/',
    'http://10.0.0.1:PORT/',
    'http://172.31.255.255:PORT/',
    'http://192.168.1.1:PORT/',
    'http://100.64.0.1:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://2852039166/latest/meta-data/',
    'http://0xA9FEA9FE/latest/meta-data/',
    'http://100.100.100.200/',
    'http://192.0.0.192/',
    'http://168.63.129.16/',
    'http://198.18.0.1:PORT/',
    'http://224.0.0.1:PORT/',
    'http://255.255.255.255:PORT/',
  ])('by the address %s', async (url) => {
    await expect(get(url.replaceAll('PORT', String(port)))).rejects.toMatchObject(REFUSED);
    expect(visits).toBe(0);
  });

  test.each([
    ['localhost', ['127.0.0.1', '::1']],
    ['localhost.', ['127.0.0.1']],
    ['LOCALHOST', ['127.0.0.1']],
    ['ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', ['127.0.0.1']],
    ['loc%61lhost', ['127.0.0.1']],
    ['127.0.0.1.nip.io', ['127.0.0.1']],
    ['7f000001.nip.io', ['127.0.0.1']],
    ['customer1.app.localhost.my.company.127.0.0.1.nip.io', ['127.0.0.1']],
    ['metadata.google.internal', ['169.254.169.254']],
    ['six.test', ['::1']],
    ['mapped.test', ['::ffff:127.0.0.1']],
    ['translated.test', ['64:ff9b::7f00:1']],
    ['first.test', ['127.0.0.1', '127.0.0.2']],
    ['last.test', ['127.0.0.2', '127.0.0.1']],
    ['both.test', ['127.0.0.2', '::1']],
    ['nowhere.test', ['0.0.0.0']],
    ['bücher.test', ['127.0.0.1']],
  ])('by the name %s', async (name, addresses) => {
    const { hostname } = new URL(`http://${name}`);
    names.answer(hostname.replace(/\.$/, ''), addresses);
    await expect(get(`http://${name}:${port}/`)).rejects.toMatchObject(REFUSED);
    expect(visits).toBe(0);
    expect(seen).toEqual([]);
  });

  test('by an answer that changes after it was checked: who was looked up is who is asked', async () => {
    names.answer('changing.test', ['127.0.0.2'], ['127.0.0.1']);
    expect((await get(`http://changing.test:${port}/`)).bytes.toString()).toBe('hello');
    expect(names.asked('changing.test', 'A')).toBe(1);
    await expect(get(`http://changing.test:${port}/`)).rejects.toMatchObject(REFUSED);
    expect(visits).toBe(0);
  });

  test('by an answer that changes between a redirect and where it leads', async () => {
    names.answer('turning.test', ['127.0.0.2'], ['127.0.0.1']);
    answer = leadTo('/secret');
    await expect(get(`http://turning.test:${port}/`)).rejects.toMatchObject(REFUSED);
    expect(visits).toBe(0);
  });

  test.each([301, 302, 303, 307, 308])('by a redirect with status %i', async (status) => {
    answer = leadTo(`http://127.0.0.1:${port}/`, status);
    await expect(get(home())).rejects.toMatchObject(REFUSED);
    expect([visits, seen.length]).toEqual([0, 1]);
  });

  test.each([
    'http://[::1]:PORT/',
    '//127.0.0.1:PORT/',
    '\\\\127.0.0.1:PORT\\',
    'http://2130706433:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'https://127.0.0.1:PORT/',
    'http://127.0.0.2:PORT@127.0.0.1:PORT/',
    'http://127.0.0.2:PORT\\@127.0.0.1:PORT/',
    'http://someone:secret@127.0.0.2:PORT/',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'ftp://127.0.0.1/',
    'gopher://127.0.0.1:PORT/_GET%20/',
    'http://[::1',
  ])('by a redirect to %s', async (location) => {
    answer = leadTo(location.replaceAll('PORT', String(port)));
    // A \ is a / in addresses: what stands before it is the host, which may be asked as often as it leads on.
    await expect(get(home())).rejects.toMatchObject(location.includes('\\@') ? UNREACHABLE : REFUSED);
    expect(visits).toBe(0);
  });

  test('by a redirect of a redirect, or one that never ends', async () => {
    answer = ({ url }, response) =>
      response.writeHead(302, { location: url === '/one' ? '/two' : `http://localhost:${port}/` }).end();
    names.answer('localhost', ['127.0.0.1']);
    await expect(get(home('/one'))).rejects.toMatchObject(REFUSED);
    answer = leadTo('/');
    seen = [];
    await expect(get(home())).rejects.toMatchObject(UNREACHABLE);
    expect([visits, seen.length]).toEqual([0, 6]);
  });

  test.each([
    'file:///etc/passwd',
    'ftp://127.0.0.2/',
    'gopher://127.0.0.2:PORT/',
    'data:,hello',
    'javascript:1',
    'ws://127.0.0.2:PORT/',
    'unix:/var/run/docker.sock',
    'blob:http://127.0.0.2:PORT/1',
    'view-source:http://127.0.0.2:PORT/',
    'http://someone@127.0.0.2:PORT/',
    'http://someone:secret@127.0.0.2:PORT/',
    'http://127.0.0.2:PORT@127.0.0.1:PORT/',
    '//127.0.0.2:PORT/',
    '127.0.0.2:PORT',
    'http://',
    'http://127.0.0.2:99999/',
    'http://127.0.0.1%00.photos.test:PORT/',
    'http://127.0.0.1%0d%0aHost:x:PORT/',
    'http://256.0.0.1:PORT/',
    '',
  ])('nor is anything asked at %j', async (url) => {
    await expect(get(url.replaceAll('PORT', String(port)))).rejects.toMatchObject(REFUSED);
    expect([visits, seen.length]).toEqual([0, 0]);
  });

  test('nor at an address that is too long, or at another port of a public one', async () => {
    await expect(get(home(`/${'x'.repeat(3000)}`))).rejects.toMatchObject(REFUSED);
    for (const other of [22, 25, 6379, port + 1])
      await expect(get(`http://1.1.1.1:${other}/`)).rejects.toMatchObject(REFUSED);
  });

  test('nor anywhere when the operator turned it off', async () => {
    const off = guard({ allowed: false });
    await expect(off.get(home(), '*/*', LIMITS)).rejects.toMatchObject(REFUSED);
    await expect(off.post(home(), {}, '', LIMITS)).rejects.toMatchObject(REFUSED);
    expect(seen).toEqual([]);
  });

  test('by a proxy of the environment', async () => {
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY'])
      vi.stubEnv(name, `http://127.0.0.1:${port}`);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    try {
      expect((await get(home())).bytes.toString()).toBe('hello');
    } finally {
      vi.unstubAllEnvs();
    }
    expect(visits).toBe(0);
  });

  test('by what is sent: a redirect is an answer, and is not followed', async () => {
    answer = leadTo(`http://127.0.0.1:${port}/`, 307);
    const { status } = await guard().post(home(), {}, 'event', LIMITS);
    expect([status, visits, seen.length]).toEqual([307, 0, 1]);
    await expect(guard().post(`http://127.0.0.1:${port}/`, {}, 'event', LIMITS)).rejects.toMatchObject(REFUSED);
    expect(visits).toBe(0);
  });
});

test('names without an address, and those who refuse, are told as such', async () => {
  await expect(get('http://unknown.test/')).rejects.toMatchObject(UNREACHABLE);
  await expect(get('http://127.0.0.2:9/')).rejects.toThrow('it refuses the connection');
});

describe('nothing of the server goes along', () => {
  test('no cookie, no key and no address from where it was led on', async () => {
    answer = ({ url }, response) => {
      if (url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'a=b' }).end();
      else response.end();
    };
    await get(home());
    expect(seen).toHaveLength(2);
    for (const { headers } of seen)
      expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
  });
});

describe('an answer takes no more than it is given', () => {
  const megabyte = Buffer.alloc(2 ** 20);

  test.each<[string, RequestListener]>([
    [
      'says that it is large',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1001' }).flushHeaders();
      },
    ],
    ['is large', (_request, response) => response.end(Buffer.alloc(1001))],
    [
      'never ends',
      (_request, response) => {
        const more = () => response.write(megabyte, (error) => error ?? more());
        more();
      },
    ],
    ['unpacks to more, as gzip', packed('gzip', gzipSync(Buffer.alloc(2 ** 26)))],
    ['unpacks to more, as br', packed('br', brotliCompressSync(Buffer.alloc(2 ** 24)))],
    [
      'is packed without end, and is nothing',
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        const timer = setInterval(() => response.write(gzipSync('')), 1);
        response.on('close', () => {
          clearInterval(timer);
        });
      },
    ],
  ])('one that %s', async (_what, listener) => {
    answer = listener;
    await expect(get(home())).rejects.toMatchObject(TOO_LARGE);
  });

  test('as much as is allowed comes', async () => {
    answer = (_request, response) => response.end(Buffer.alloc(1000));
    expect((await get(home())).bytes.byteLength).toBe(1000);
  });

  test.each<[string, RequestListener]>([
    ['never begins', () => undefined],
    ['stops', (_request, response) => response.write('a')],
    [
      'drips',
      (_request, response) => {
        const timer = setInterval(() => response.write('a'), 20);
        response.on('close', () => {
          clearInterval(timer);
        });
      },
    ],
    [
      'leads on slowly',
      (_request, response) => {
        void wait(200).then(() => response.writeHead(302, { location: '/' }).end());
      },
    ],
  ])('one that %s is given up in time, and its connection closed', async (_what, listener) => {
    const closed: Promise<unknown>[] = [];
    answer = (request, response) => {
      closed.push(once(response, 'close'));
      listener(request, response);
    };
    await expect(get(home(), { milliseconds: 500 })).rejects.toMatchObject(UNREACHABLE);
    await Promise.all(closed);
  });

  test('nor does a name server that is silent take longer', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const silent = new GuardedFetch({
      rules: { allowed: true, ports: [80], exceptions: [] },
      concurrency: 1,
      lookUps: lookUps([`127.0.0.1:${socket.address().port}`]),
    });
    await expect(silent.get('http://photos.test/', '*/*', { ...LIMITS, milliseconds: 200 })).rejects.toMatchObject(
      UNREACHABLE,
    );
    socket.close();
  });

  test.each<[string, RequestListener]>([
    [
      'is cut short',
      (_request, response) => response.writeHead(200, { 'content-length': '100' }).write('a', () => response.destroy()),
    ],
    ['is not what it says it is packed as', packed('gzip', Buffer.from('hello'))],
    ['is packed twice', packed('gzip, gzip', gzipSync(gzipSync('hello')))],
    ['is packed as nobody asked for', packed('zstd', Buffer.from('hello'))],
    [
      'speaks another protocol',
      ({ socket }) => socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ],
    ['has endless headers', ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`)],
    ['is no HTTP', ({ socket }) => socket.end('220 smtp.test ESMTP\r\n')],
  ])('one that %s is an error', async (_what, listener) => {
    answer = listener;
    await expect(get(home())).rejects.toMatchObject(UNREACHABLE);
  });

  test('of the answer to what was sent the beginning is read', async () => {
    answer = (_request, response) => {
      const more = () => response.write(megabyte, (error) => error ?? more());
      more();
    };
    const { bytes } = await guard().post(home(), { 'content-type': 'application/json' }, '{"ä":1}', LIMITS);
    expect(bytes.byteLength).toBe(1000);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': '8' },
    });
  });

  test('who asks can end it', async () => {
    answer = () => undefined;
    const ending = new AbortController();
    const going = guard().get(home(), '*/*', { ...LIMITS, signal: ending.signal });
    await expect.poll(() => seen.length).toBe(1);
    ending.abort(new Error('enough'));
    await expect(going).rejects.toThrow('enough');
  });

  test('so many are asked at a time, and others wait, but not longer than they may', async () => {
    let [now, most] = [0, 0];
    answer = (_request, response) => {
      now += 1;
      most = Math.max(most, now);
      response.on('close', () => (now -= 1));
      void wait(50).then(() => response.end('hello'));
    };
    const three = guard({ concurrency: 3 });
    await Promise.all(Array.from({ length: 12 }, () => three.get(home(), '*/*', LIMITS)));
    expect(most).toBe(3);

    answer = () => undefined;
    const one = guard({ concurrency: 1 });
    const first = one.get(home(), '*/*', { ...LIMITS, milliseconds: 2000 }).catch(() => 'given up');
    await expect(one.get(home(), '*/*', { ...LIMITS, milliseconds: 100 })).rejects.toMatchObject(UNREACHABLE);
    expect(await first).toBe('given up');
    expect(seen).toHaveLength(13);
  });
});

function packed(encoding: string, bytes: Uint8Array): RequestListener {
  return (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
}

const familyOf = (address: string) => (address.includes(':') ? 'ipv6' : 'ipv4');

/** What IANA's registries of special-purpose addresses say is not globally reachable, and what holds other addresses. */
const SPECIAL: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 8],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:2::', 48],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

test('no address of a special range is public, and ordinary ones are', () => {
  // One for each family: Node takes IPv4 addresses for mapped ones in a list of IPv6.
  const blocked = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [address, bits] of SPECIAL) blocked[familyOf(address)].addSubnet(address, bits, familyOf(address));
  const numbers = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
  const inside = fc.tuple(fc.constantFrom(...SPECIAL), numbers).map(([[address, bits], random]) => {
    const bytes = ipaddr.parse(address).toByteArray();
    return ipaddr
      .fromByteArray(
        bytes.map(
          (byte, at) => byte | ((random[at % 8] ?? 0) & 0xff & (0xff >> Math.min(8, Math.max(0, bits - 8 * at)))),
        ),
      )
      .toString();
  });
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), inside), (address) => {
      if (blocked[familyOf(address)].check(address, familyOf(address))) expect(isPublic(address)).toBe(false);
    }),
    { numRuns: 3000 },
  );
  for (const [address] of SPECIAL) expect([address, isPublic(address)]).toEqual([address, false]);
  for (const address of ['1.1.1.1', '8.8.8.8', '93.184.215.14', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::5'])
    expect([address, isPublic(address)]).toEqual([address, true]);
  for (const text of ['', 'localhost', '1.1.1', 'fe80::1%eth0']) expect(isPublic(text)).toBe(false);
});
