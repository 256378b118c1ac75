/** Hands each connection to the next of several servers, as a load balancer in front of them does. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { pipeline } from 'node:stream';

export interface LoadBalancer {
  readonly port: number;
  close(): Promise<void>;
}

/** @param ports of the servers on this machine */
export async function openLoadBalancer(ports: readonly number[]): Promise<LoadBalancer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const balancer = createServer((client) => {
    const server = connect(ports[connections++ % ports.length] ?? 0, '127.0.0.1');
    for (const socket of [client, server]) sockets.add(socket.once('close', () => sockets.delete(socket)));
    // A client that goes away is told to the server, and the other way round.
    const ended = () => {
      for (const socket of [client, server]) socket.destroy();
    };
    pipeline(client, server, client, ended);
  });
  balancer.listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  const address = balancer.address();
  if (typeof address !== 'object' || address === null) throw new Error('the load balancer has no port');
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      balancer.close();
      await once(balancer, 'close');
    },
  };
}
