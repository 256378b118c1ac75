/**
 * The protocol graphql-transport-ws on a WebSocket. graphql-ws has an adapter of its own, which tells its troubles to the
 * console and takes a message that only servers send for a fault of the server.
 */
import { CloseCode, type Server } from 'graphql-ws';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Services } from '../services.js';
import { asLoggedOperation } from './request-log.js';
import type { Connection } from './socket-clients.js';

/** Messages that come from servers alone. */
const OF_SERVERS = new Set(['connection_ack', 'next', 'error']);

/**
 * Speaks it until the socket closes.
 *
 * @param keepAlive milliseconds between two pings, the second of which ends a connection that has not answered the first
 */
export function speakGraphql(
  { socket, request }: Connection['extra'],
  server: Server<Connection['extra']>,
  log: Services['log'],
  keepAlive: number,
): void {
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (message) => send(socket, message),
      close: (code, reason) => {
        socket.close(code, reason);
      },
      onMessage: (handle) => {
        socket.on('message', (data: Buffer) => {
          const message = data.toString();
          const type = typeOf(message);
          if (OF_SERVERS.has(type)) {
            socket.close(CloseCode.BadRequest, `A client does not send messages of type ${type}`);
            return;
          }
          const answer = () =>
            handle(message).catch((error: unknown) => {
              log.error({ err: error }, 'a message of a WebSocket client could not be answered');
              socket.close(CloseCode.InternalServerError, 'Internal server error');
            });
          // This one is answered as long as the subscription lasts.
          void (type === 'subscribe' ? asLoggedOperation(request, log, answer) : answer());
        });
      },
    },
    { socket, request },
  );
  const stopPinging = ping(socket, keepAlive);
  socket.on('error', (error) => {
    // The socket is closed by then: a message was too long or garbled.
    log.info({ err: error }, 'a client spoke no WebSocket');
  });
  socket.once('close', (code, reason) => {
    stopPinging();
    void closed(code, reason.toString());
  });
}

/** Tells all clients that the server goes away, and waits until they are gone. */
export async function goodbye(sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.close(1001, 'Going away');
  await new Promise((resolve) => {
    sockets.close(resolve);
  });
}

function send(socket: WebSocket, message: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve, reject) => {
    socket.send(message, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

function ping(socket: WebSocket, interval: number): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, interval);
  return () => {
    clearInterval(timer);
  };
}

function typeOf(message: string): string {
  try {
    const { type } = JSON.parse(message) as { readonly type?: unknown };
    return typeof type === 'string' ? type : '';
  } catch {
    // What is no JSON is answered by the protocol.
    return '';
  }
}
