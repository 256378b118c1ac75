/** Who is at the other end of a WebSocket, and the end of those whose keys no longer count. */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Client } from '../../access/client.js';
import { EkphrasisError, ErrorCode } from '../../errors.js';
import type { Services } from '../services.js';
import { bearerOf, credentialReader } from './authentication.js';

/** A key that was revoked, or has expired, is heard of within this time. */
const CHECK_MILLISECONDS = 2_000;

/** Of graphql-transport-ws: as for a connection that is refused. */
const FORBIDDEN = 4403;

export interface Connection {
  readonly extra: { readonly socket: WebSocket; readonly request: IncomingMessage };
  /** The payload of connection_init. */
  readonly connectionParams?: Readonly<Record<string, unknown>> | undefined;
}

export class SocketClients {
  private readonly clients = new WeakMap<WebSocket, Client>();
  private readonly credentials: ReturnType<typeof credentialReader>;
  private readonly timer: NodeJS.Timeout;

  /** @param open the sockets that are open now */
  constructor(
    private readonly services: Pick<Services, 'authenticator' | 'config' | 'log'>,
    private readonly open: () => Iterable<WebSocket>,
  ) {
    this.credentials = credentialReader(services.config);
    this.timer = setInterval(() => {
      this.endLapsed().catch((error: unknown) => {
        services.log.warn({ err: error }, 'whether the keys of open sockets still count cannot be found out');
      });
    }, CHECK_MILLISECONDS);
    this.timer.unref();
  }

  /** Finds out who connects, by connection_init or else by the upgrade. @returns false: the socket is to be closed */
  async connect({ extra: { socket, request }, connectionParams = {} }: Connection): Promise<boolean> {
    const credentials = this.credentials(request);
    const name = Object.keys(connectionParams).find((key) => key.toLowerCase() === 'authorization');
    const bearer = name === undefined ? undefined : bearerOf(connectionParams[name]);
    try {
      const client = await this.services.authenticator.authenticate({ ...credentials, ...(bearer && { bearer }) });
      this.clients.set(socket, client);
      return true;
    } catch (error) {
      if (error instanceof EkphrasisError && error.code === ErrorCode.Unauthenticated) return false;
      throw error;
    }
  }

  /** @throws Error where `connect` did not come before */
  of(socket: WebSocket): Client {
    const client = this.clients.get(socket);
    if (!client) throw new Error('nobody has found out who is at the other end');
    return client;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async endLapsed(): Promise<void> {
    const sockets = [...this.open()].flatMap((socket) => {
      const client = this.clients.get(socket);
      return client ? [{ socket, client }] : [];
    });
    const lapsed = await this.services.authenticator.lapsed(sockets.map(({ client }) => client));
    for (const { socket, client } of sockets) if (lapsed.has(client)) socket.close(FORBIDDEN, 'Forbidden');
  }
}
