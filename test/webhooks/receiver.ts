/** A program that is told of events: it notes what comes, and answers as a test has it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook as Verifier } from 'standardwebhooks';
import { z } from 'zod';

const messageSchema = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  version: z.literal(1),
  data: z.object({
    captions: z.array(z.looseObject({ imageId: z.string(), text: z.string() })).optional(),
    altTexts: z.array(z.looseObject({ imageId: z.string() })).optional(),
    job: z.looseObject({ jobId: z.string() }).optional(),
    model: z.looseObject({ modelId: z.string() }).optional(),
  }),
});
export type Message = z.infer<typeof messageSchema>;

export interface Received {
  readonly id: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly message: Message;
  /** What it was answered with. */
  readonly status: number;
}

export class Receiver {
  readonly received: Received[] = [];
  /** What it answers a message with. */
  answer: (message: Message) => { readonly status: number; readonly body?: string } = () => ({ status: 204 });

  private constructor(
    private server: Server,
    readonly port: number,
  ) {}

  static async open(): Promise<Receiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server, (server.address() as AddressInfo).port);
    receiver.serve();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Nobody listens from now on. */
  async down(): Promise<void> {
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  async up(): Promise<void> {
    this.server = createServer().listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.serve();
  }

  /** What it answered with a status of 2xx. */
  get taken(): Received[] {
    return this.received.filter(({ status }) => status < 300);
  }

  private serve(): void {
    this.server.on('request', (request, response) => {
      void buffer(request).then((bytes) => {
        const body = bytes.toString();
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const message = messageSchema.parse(JSON.parse(body));
        const { status, body: text } = this.answer(message);
        this.received.push({ id: headers['webhook-id'] ?? '', headers, body, message, status });
        response.writeHead(status).end(text);
      });
    });
  }
}

/** Whether a message is of who knows the secret. Standard Webhooks' own way. @throws where it is not */
export function verify({ body, headers }: Received, secret: string): unknown {
  return new Verifier(secret).verify(body, headers);
}
