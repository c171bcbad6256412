// The GraphQL over HTTP audits of graphql-http against a server: one JSON line each, as many as there are.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const authorization = token ? { authorization: `Bearer ${token}` } : {};
const fetchFn = (to, init = {}) =>
  fetch(to, { ...init, headers: { ...init.headers, ...authorization }, signal: AbortSignal.timeout(10_000) });

for (const audit of serverAudits({ url, fetchFn })) {
  const found = await audit.fn();
  console.log(JSON.stringify({ id: found.id, name: found.name, status: found.status, reason: found.reason ?? null }));
}
