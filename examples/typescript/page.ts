// 台账页面 A ledger page's data: `page` prints it, `note ID TEXT` writes, and `follow` tells what changes.
//
//   TAIZHANG_TOKEN=$(cat ../../.taizhang/development.token) node page.ts page
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import process from 'node:process';

import { ApiError, ask, follow, type Connection } from './api.ts';
import {
  LedgerDocument,
  NoteProgressDocument,
  ProjectDetailDocument,
  SiteMapDocument,
  TotalsDocument,
  type BoundingBox,
  type SiteMapQuery,
} from './generated.ts';

const connection: Connection = {
  url: process.env['TAIZHANG_URL'] ?? 'http://127.0.0.1:8000/graphql',
  token: process.env['TAIZHANG_TOKEN'] || undefined,
};
const REGION = '431181'; // 祁阳市
const ON = '2022-04-30';
const BOX: BoundingBox = { west: 111.5, south: 26.2, east: 112.2, north: 26.9 };
/** Pages of a map that is shown; who gets no further moves closer. */
const MAP_PAGES = 5;

async function sites(): Promise<GeoJSON.FeatureCollection> {
  const features: GeoJSON.Feature[] = [];
  let after: string | null = null;
  for (let page = 0; page < MAP_PAGES; page++) {
    const { map }: SiteMapQuery = await ask(connection, SiteMapDocument, { box: BOX, on: ON, after });
    if (map == null) break;
    features.push(...map.featureCollection.features);
    after = map.pageInfo.endCursor ?? null;
    if (!map.pageInfo.hasNextPage) break;
  }
  return { type: 'FeatureCollection', features };
}

async function page(): Promise<void> {
  const [{ investmentTotals }, { ledger }, map] = await Promise.all([
    ask(connection, TotalsDocument, { region: REGION, on: ON }),
    ask(connection, LedgerDocument, { region: REGION, on: ON, first: 5 }),
    sites(),
  ]);
  const total = investmentTotals?.rows[0];
  console.log(
    `${total?.projects} projects, ${total?.yearToDate.amount} 亿元, ` +
      `${total?.rate} % of the plan, ${total?.ahead} points ahead of the year`,
  );
  console.log(`${ledger?.totalCount} in the ledger, ${map.features.length} sites on the map; the largest:`);
  for (const { project, progress, nextMilestones, overdue } of ledger?.nodes ?? []) {
    const next = nextMilestones[0];
    console.log(
      [
        project.name,
        project.stage.zh,
        `${progress.yearToDate?.amount ?? '-'} of ${progress.total?.amount ?? '-'} 亿元`,
        progress.rateOfPlan == null ? '-' : `${progress.rateOfPlan} %`,
        next === undefined ? '-' : `${next.milestone} ${next.dueOn}`,
        `${overdue} overdue`,
      ].join(' | '),
    );
  }
  const first = ledger?.nodes[0]?.project;
  if (first === undefined) return;
  const { project } = await ask(connection, ProjectDetailDocument, { id: first.id, on: ON });
  console.log(`\n${project?.name} (${first.id}), version ${project?.version}`);
  for (const { kind, light, behind } of project?.lights.lights ?? []) {
    console.log(`  ${kind} ${light}${behind == null ? '' : `, ${behind} points behind`}`);
  }
  for (const { on, kind, titleZh } of project?.timeline.nodes ?? []) console.log(`  ${on} ${kind} ${titleZh}`);
}

async function note(projectId: string, text: string, commandId: string): Promise<number> {
  const { progressNote } = await ask(connection, NoteProgressDocument, {
    input: { commandId, projectId, occurredOn: ON, text },
  });
  const refusals = progressNote?.userErrors ?? [];
  for (const { code, path, message } of refusals) console.error(`${code} ${path.join('.')}: ${message}`);
  if (refusals.length > 0) return 1;
  // What the ledger has already is accepted, and stored no second time.
  console.log(progressNote?.position == null ? 'noted before' : `noted at position ${progressNote.position}`);
  return 0;
}

async function tell(file: string): Promise<void> {
  const known = existsSync(file) ? readFileSync(file, 'ascii') : undefined;
  for await (const { changes, cursor } of follow(connection, known)) {
    for (const { position, commandId, sentenceEn } of changes) console.log(`${position} ${commandId} ${sentenceEn}`);
    // Kept when they were dealt with; a file that is renamed is whole, whenever this program ends.
    writeFileSync(`${file}.new`, cursor, 'ascii');
    renameSync(`${file}.new`, file);
    if (changes.length === 0) console.log('following');
  }
}

async function main([command, ...given]: string[]): Promise<number> {
  if (command === 'page') {
    await page();
  } else if (command === 'note' && given[0] !== undefined && given[1] !== undefined) {
    return await note(given[0], given[1], given[2] ?? randomUUID());
  } else if (command === 'follow') {
    await tell(given[0] ?? 'changes.cursor');
  } else {
    console.error('node page.ts page | note PROJECT TEXT [COMMAND-ID] | follow [CURSOR-FILE]');
    return 2;
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ApiError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
