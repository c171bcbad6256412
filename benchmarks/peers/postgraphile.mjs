// PostGraphile over the views, as its documentation serves it with node:http in production.
//
// BENCH_DSN is the database, BENCH_ROLE the role that reads the views, BENCH_PORT where it listens, BENCH_POOL how many
// connections it has.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { BENCH_DSN, BENCH_ROLE, BENCH_PORT, BENCH_POOL } = process.env;

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: BENCH_DSN,
      schemas: ["bench"],
      // The role is the connection's own: settings of a request would put a transaction around each.
      poolConfig: { max: Number(BENCH_POOL), options: `-c role=${BENCH_ROLE}` },
    }),
  ],
  // Plain lists beside connections, which the others answer too.
  schema: { defaultBehavior: "+list" },
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, websockets: false, outputDataAsString: true },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
// No request is answered before the schema is made.
await instance.getSchema();
server.listen(Number(BENCH_PORT), "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
