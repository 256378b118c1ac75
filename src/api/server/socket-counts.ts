/** How many sockets a client has open. */
import type { WebSocket } from 'ws';

export class SocketCounts {
  private readonly counts = new Map<string, number>();

  of(client: string): number {
    return this.counts.get(client) ?? 0;
  }

  /** Counts a socket until it closes. */
  add(client: string, socket: WebSocket): void {
    this.counts.set(client, this.of(client) + 1);
    socket.once('close', () => {
      const left = this.of(client) - 1;
      if (left > 0) this.counts.set(client, left);
      else this.counts.delete(client);
    });
  }
}
