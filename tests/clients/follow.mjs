// Follows changes over graphql-ws or graphql-sse, as a front-end would, and tells each item as a line of JSON.
// Both clients send the same request again when they were cut off: with the last cursor in it, nothing is lost.
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import WebSocket from 'ws';

const [transport, url, token] = process.argv.slice(2);
const Authorization = `Bearer ${token}`;
const say = (line) => console.log(JSON.stringify(line));
const wait = () => new Promise((resolve) => setTimeout(resolve, 100));
const retrying = { retryAttempts: 1000 };

const client =
  transport === 'ws'
    ? createWs({
        url: url.replace(/^http/, 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: { Authorization },
        retryWait: wait,
        shouldRetry: () => true,
        ...retrying,
        on: { closed: ({ code, reason }) => say({ closed: code, reason }) },
      })
    : createSse({ url, headers: { Authorization }, retry: wait, ...retrying });

const request = {
  query: `subscription ($after: String, $from: ChangeStart) {
    changes(after: $after, from: $from) { changes { region position } cursor } }`,
  variables: { from: 'BEGINNING' },
};
client.subscribe(request, {
  next(result) {
    if (result.data) request.variables = { after: result.data.changes.cursor };
    say(result);
  },
  error: (error) => say({ error: String(error.message ?? error), errors: Array.isArray(error) ? error : undefined }),
  complete: () => say({ complete: true }),
});
