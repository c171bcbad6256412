"use strict";

// Starts GraphiQL against the endpoint beside this page. GraphiQL, React and graphql-ws come from vendor/; nothing is loaded later.
(() => {
  // Relative to the page, so that a reverse proxy may put the service below a prefix.
  const endpoint = new URL("graphql", document.baseURI);
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

  const element = React.createElement;

  /** The service's samples as [{name, query, variables}]; none when they cannot be had, for the explorer is of use without them. */
  async function loadSamples() {
    try {
      const response = await fetch(new URL("explorer/samples.json", document.baseURI));
      if (!response.ok) throw new Error(`samples.json: ${response.status}`);
      return await response.json();
    } catch (error) {
      console.warn("The explorer opens without samples.", error);
      return [];
    }
  }

  /** A tab as GraphiQL wants it: variables are text, and null where there are none. */
  function tabOf(sample) {
    const empty = Object.keys(sample.variables).length === 0;
    return { query: sample.query, variables: empty ? null : JSON.stringify(sample.variables, null, 2) };
  }

  /**
   * The tab that the address asks for: ?sample=<name>, or ?query=<text>&variables=<JSON text>; null when it asks for none.
   * It is opened and never run: a link must not be able to send a mutation.
   */
  function tabInAddress(samples) {
    const parameters = new URLSearchParams(location.search);
    const sample = samples.find(({ name }) => name === parameters.get("sample"));
    if (sample !== undefined) return tabOf(sample);
    const query = parameters.get("query");
    return query === null ? null : { query, variables: parameters.get("variables") };
  }

  /** Links to the samples below the answer: a click opens one in a new tab of GraphiQL, the address opens it in a new window. */
  function SampleLinks({ samples }) {
    const { addTab, queryEditor, variableEditor, headerEditor } = GraphiQL.React.useEditorContext({ nonNull: true });
    // The editors come a moment after the page; a click before that would open an empty tab.
    if ([queryEditor, variableEditor, headerEditor].includes(null)) return null;
    const open = (event, tab) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      // A new tab starts with empty headers; the reader's token should go along.
      const headers = headerEditor.getValue();
      // addTab empties the editors while React renders, so they can be filled only after that.
      ReactDOM.flushSync(addTab);
      queryEditor.setValue(tab.query);
      variableEditor.setValue(tab.variables ?? "");
      headerEditor.setValue(headers);
    };
    const links = samples.map((sample) => {
      const href = `?${new URLSearchParams({ sample: sample.name })}`;
      return element("a", { key: sample.name, href, onClick: (event) => open(event, tabOf(sample)) }, sample.name);
    });
    return element("nav", { className: "samples", "aria-label": "示例 samples" }, "示例", ...links);
  }

  /** What GraphiQL starts with: {defaultTabs, query, variables}, each left out where GraphiQL is to decide. */
  function startingPoint(samples) {
    const asked = tabInAddress(samples);
    // The tabs of an earlier visit are kept by GraphiQL in this key; defaultTabs counts only where there are none.
    const isFirstVisit = localStorage.getItem("graphiql:tabState") === null;
    const others = samples.map(tabOf).filter(({ query }) => query !== asked?.query);
    const defaultTabs = asked === null ? others : [asked, ...others];
    // GraphiQL fills its editors from query and variables and not from defaultTabs: without them the first tab has no variables.
    const first = asked ?? (isFirstVisit ? defaultTabs[0] : undefined);
    return {
      ...(defaultTabs.length > 0 ? { defaultTabs } : {}),
      ...(first === undefined ? {} : { query: first.query, variables: first.variables ?? "" }),
    };
  }

  /**
   * The token that the address ends with (#token=…), which no server is sent: kept for this window until it is closed, and
   * taken out of the address, so that a link that is passed on does not carry it.
   */
  function takeToken() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given !== null) {
      sessionStorage.setItem("taizhang:token", given);
      history.replaceState(null, "", `${location.pathname}${location.search}`);
    }
    return sessionStorage.getItem("taizhang:token");
  }

  /** Headers of a reader who has a token and says no other in the headers editor. */
  function headersWith(token) {
    return token === null ? {} : { Authorization: `Bearer ${token}` };
  }

  async function start() {
    const samples = await loadSamples();
    const headers = headersWith(takeToken());
    const properties = {
      ...startingPoint(samples),
      fetcher: GraphiQL.createFetcher({
        url: endpoint.href,
        headers,
        subscriptionUrl: socket.href,
        wsConnectionParams: headers,
        enableIncrementalDelivery: false,
      }),
      defaultQuery: "",
      inputValueDeprecation: true,
      schemaDescription: true,
      // Headers carry the access token: they stay in memory, and the settings do not offer to store them.
      shouldPersistHeaders: false,
    };
    const children = [element(GraphiQL.Logo, { key: "logo" }, element("span", { className: "logo" }, "台账 · taizhang"))];
    if (samples.length > 0) {
      children.push(element(GraphiQL.Footer, { key: "samples" }, element(SampleLinks, { samples })));
    }
    ReactDOM.createRoot(document.getElementById("explorer")).render(element(GraphiQL, properties, ...children));
  }

  start();
})();
