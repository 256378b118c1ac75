/** A WebSocket that speaks the protocol by hand, and a request whose every header is ours. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import WebSocket from 'ws';
import { z } from 'zod';

const messageSchema = z.object({ type: z.string(), id: z.string().optional(), payload: z.unknown().optional() });
export type MessageFromServer = z.infer<typeof messageSchema>;

export interface RawSocket {
  send(message: object): void;
  /** The next message; none is lost. */
  receive(): Promise<MessageFromServer>;
  /** The code it was closed with. */
  readonly closed: Promise<number>;
  /** Reads nothing more, as a client does that has no time, until `resume`. */
  pause(): void;
  resume(): void;
  /** Bytes that the server has not taken yet. */
  readonly unsent: number;
  close(): void;
}

/** A connection that the server has acknowledged. */
export async function openSocket(url: string): Promise<RawSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  const arrived: MessageFromServer[] = [];
  const waiting: ((message: MessageFromServer) => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const message = messageSchema.parse(JSON.parse(data.toString()));
    const reader = waiting.shift();
    if (reader) reader(message);
    else arrived.push(message);
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', resolve);
  });
  const raw: RawSocket = {
    send: (message) => {
      socket.send(JSON.stringify(message));
    },
    receive: () => {
      const message = arrived.shift();
      return message ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
    },
    closed,
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    get unsent() {
      return socket.bufferedAmount;
    },
    close: () => {
      socket.close();
    },
  };
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  raw.send({ type: 'connection_init' });
  await raw.receive();
  return raw;
}

/** `fetch` does not let a program say another `Host`. */
export function requestWith(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      text(response).then((body) => {
        resolve({ status: response.statusCode, body });
      }, reject);
    })
      .once('error', reject)
      .end();
  });
}
