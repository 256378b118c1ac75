import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with an answer, by how many requests came before it; `serve` is honest. */
export type Behaviour = 'serve' | 'cut' | 'silent' | 'fail' | 'forbid' | 'ignore-range' | 'too-much';

export interface RangeServer {
  readonly url: string;
  /** The byte ranges that were asked for, in order. */
  readonly ranges: readonly string[];
  readonly bytesSent: number;
  close(): Promise<void>;
}

/** A file server with HTTP Range that can be told to misbehave. */
export async function rangeServer(
  contents: Uint8Array,
  behave: (request: number) => Behaviour = () => 'serve',
  port = 0,
): Promise<RangeServer> {
  const ranges: string[] = [];
  let bytesSent = 0;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const behaviour = behave(ranges.length);
    const range = request.headers.range ?? '';
    ranges.push(range);
    const [, begin = '0', end = '0'] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    const body = Buffer.from(contents.subarray(Number(begin), Number(end) + 1));
    const send = (bytes: Uint8Array) => {
      bytesSent += bytes.length;
      return bytes;
    };
    switch (behaviour) {
      case 'serve':
        response.writeHead(206, { 'content-length': body.length }).end(send(body));
        return;
      case 'cut':
        response.writeHead(206, { 'content-length': body.length });
        response.write(send(body.subarray(0, Math.ceil(body.length / 2))), () => response.destroy());
        return;
      case 'silent':
        response.writeHead(206, { 'content-length': body.length }).flushHeaders();
        return;
      case 'fail':
        response.writeHead(503).end('come back later');
        return;
      case 'forbid':
        response.writeHead(403).end('no');
        return;
      case 'ignore-range':
        response.writeHead(200, { 'content-length': contents.length }).end(contents);
        return;
      case 'too-much':
        response.writeHead(206).end(Buffer.concat([body, body]));
        return;
    }
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`,
    ranges,
    get bytesSent() {
      return bytesSent;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
