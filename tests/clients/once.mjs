// Sends one operation over graphql-ws or graphql-sse and tells what comes of it, as lines of JSON.
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import WebSocket from 'ws';

const [transport, url, token, query, variables] = process.argv.slice(2);
const authorization = token ? { Authorization: `Bearer ${token}` } : {};
const say = (line) => console.log(JSON.stringify(line));
const client =
  transport === 'ws'
    ? createWs({
        url: url.replace(/^http/, 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        retryAttempts: 0,
      })
    : createSse({ url, headers: authorization, retryAttempts: 0 });
client.subscribe(
  { query, variables: JSON.parse(variables ?? '{}') },
  {
    next: (result) => say({ next: result }),
    error: (error) => say({ error: Array.isArray(error) ? error : String(error.message ?? error) }),
    complete: () => say({ complete: true }),
  },
);
