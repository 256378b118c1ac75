/** Requests and sockets with keys, as clients send them. */
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { type GraphQLResponse, readResponse, type TestServer } from './test-server.js';

/** Sends an operation with a key, and with other headers. */
export async function askWith(
  { url }: Pick<TestServer, 'url'>,
  secret: string | undefined,
  query: string,
  headers: Record<string, string> = {},
): Promise<GraphQLResponse> {
  const body = JSON.stringify({ query });
  const all = new Headers({ 'content-type': 'application/json', ...headers });
  if (secret !== undefined) all.set('authorization', `Bearer ${secret}`);
  return readResponse(await fetch(url, { method: 'POST', body, headers: all }));
}

/** A client of subscriptions. @param payload of connection_init @param headers of the upgrade */
export function socketWith(
  { url }: Pick<TestServer, 'url'>,
  payload: Record<string, unknown>,
  headers: Record<string, string> = {},
): Client {
  class WebSocketWithHeaders extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers });
    }
  }
  return createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocketWithHeaders,
    connectionParams: payload,
    retryAttempts: 0,
  });
}
