// 接口 The API: one function for queries and mutations, one that follows changes and resumes where it was cut off.
import { createClient } from 'graphql-sse';

import { ChangesDocument, type ChangesSubscription, type TypedDocumentString } from './generated.ts';

/** Where the service is, and who asks; without a token that is the public. */
export interface Connection {
  url: string;
  token?: string | undefined;
}

interface Fault {
  message: string;
  extensions?: { code?: string; retryable?: boolean };
}

interface Answer<Data> {
  data?: Data | null;
  errors?: readonly Fault[];
}

const ATTEMPTS = 5;
const MOST_WAIT_MS = 30_000;

/** Waits about so long: not all pages come back at the same moment. */
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));

/** An answer with `errors`: what could not be carried out. What a rule refuses is in `userErrors`, as data. */
export class ApiError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(errors: readonly Fault[]) {
    super(errors.map(({ message }) => message).join(' '));
    this.code = errors[0]?.extensions?.code ?? 'UNKNOWN';
    this.retryable = errors.every(({ extensions }) => extensions?.retryable === true);
  }
}

/** Reads an answer; something in between, such as a proxy, may have sent a page that is none. */
const answerOf = <Data>(response: Response): Promise<Answer<Data>> => response.json().catch(() => ({}));

const headersOf = ({ token }: Connection): Record<string, string> => ({
  'Accept-Language': 'en',
  ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
});

/** Carries out a query, or a mutation: under its command id it may be sent again, and is stored once. */
export async function ask<Data, Variables>(
  connection: Connection,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(connection, document, variables);
    } catch (error) {
      // fetch throws a TypeError if nobody answers, and a DOMException if it takes too long.
      const lost = error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
      const again = lost || (error instanceof ApiError && error.retryable);
      if (!again || attempt === ATTEMPTS) throw error;
      await wait(200 * 2 ** attempt);
    }
  }
}

async function once<Data, Variables>(
  connection: Connection,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(connection.url, {
    method: 'POST',
    headers: {
      ...headersOf(connection),
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ query: document.toString(), variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await answerOf<Data>(response);
  if (answer.errors !== undefined) throw new ApiError(answer.errors);
  if (answer.data == null) throw new Error(`No answer, but a status of ${response.status}.`);
  return answer.data;
}

/**
 * Yields pages of changes, the first at once; it connects again as often as it is cut off, until it is left.
 *
 * `after` is the cursor of the last page that was dealt with: from there on nothing is missed and nothing comes twice.
 */
export async function* follow(
  connection: Connection,
  after: string | undefined,
): AsyncGenerator<ChangesSubscription['changes']> {
  let refusal: ApiError | undefined;
  const client = createClient({
    url: connection.url,
    headers: headersOf(connection),
    retryAttempts: Number.POSITIVE_INFINITY,
    fetchFn: async (url: string, request: RequestInit) => {
      refusal = undefined;
      const response = await fetch(url, request);
      if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        const { errors } = await answerOf<unknown>(response.clone());
        refusal = new ApiError(errors ?? [{ message: `Refused with ${response.status}.` }]);
      }
      return response;
    },
    retry: async (attempt) => {
      // Who was cut off comes again; what was refused would be refused again.
      if (refusal !== undefined) throw refusal;
      await wait(Math.min(500 * 2 ** attempt, MOST_WAIT_MS));
    },
  });
  // The client sends this object again when it was cut off, so that the last cursor has to be in it.
  const request = {
    query: ChangesDocument.toString(),
    variables: (after === undefined ? { from: 'NOW' } : { after }) as Record<string, unknown>,
  };
  try {
    for await (const answer of client.iterate<ChangesSubscription>(request)) {
      // As when the token has run out: follow again with a new one.
      if (answer.errors !== undefined) throw new ApiError(answer.errors);
      if (answer.data == null) continue;
      yield answer.data.changes;
      request.variables = { after: answer.data.changes.cursor };
    }
  } finally {
    client.dispose();
  }
}
