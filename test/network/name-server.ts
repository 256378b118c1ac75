/** A name server on this machine, which answers what a test tells it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface NameServer {
  /** As `Resolver.setServers` takes it. */
  readonly address: string;
  /** Has a name answer with these addresses: each list once, the last one from then on. */
  answer(name: string, ...answers: string[][]): void;
  /** How often addresses of a kind were asked for. */
  asked(name: string, type: 'A' | 'AAAA'): number;
  close(): void;
}

const TYPES = new Map([
  [1, 'A'],
  [28, 'AAAA'],
]);
const NO_SUCH_NAME = 3;

export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const answers = new Map<string, string[][]>();
  const counts = new Map<string, number>();
  socket.on('message', (query, { port, address }) => {
    const { name, type, question } = read(query);
    const key = `${TYPES.get(type) ?? type} ${name}`;
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    const lists = answers.get(name);
    const list = lists?.[Math.min(count, lists.length - 1)] ?? [];
    const records = list.filter((found) => TYPES.get(type) === (isIPv6(found) ? 'AAAA' : 'A')).map(record(type));
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (lists ? 0 : NO_SUCH_NAME), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, question, ...records]), port, address);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    answer: (name, ...lists) => answers.set(name, lists),
    asked: (name, type) => counts.get(`${type} ${name}`) ?? 0,
    close: () => socket.close(),
  };
}

function read(query: Buffer) {
  const labels = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  return { name: labels.join('.').toLowerCase(), type, question: query.subarray(12, at + 5) };
}

/** Of the name in the question, to be asked for anew each time. */
const record = (type: number) => (address: string) => {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
};
