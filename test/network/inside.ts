/**
 * Runs in a network namespace of its own, where nothing but this machine can be reached and names are asked of this
 * process: it notes who is looked up and how often somebody was called, and does with the built server what a person
 * does. Node runs it alone, so it imports nothing of the project. Its last line is a `Report`.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';

export interface Visit {
  /** Arguments of Node that start the server; none: this process calls others itself. */
  readonly server: readonly string[];
  /** A folder below IMPORT_ROOT that is imported and trained on first. */
  readonly dataset?: string;
  /** A photo that is captioned. */
  readonly photo?: string;
}

export interface Report {
  /** Names that were looked up. */
  readonly lookedUp: readonly string[];
  /** Connections that were begun and did not reach this machine. */
  readonly calls: number;
  /** What became of the data set and of the photo. */
  readonly answers: readonly unknown[];
  readonly errors: string;
}

const visit = JSON.parse(process.argv[2] ?? '') as Visit;
const lookedUp = await answerLookups();
const before = await calls();
const { answers, errors } = visit.server.length === 0 ? await callOthers() : await visitServer(visit);
const report: Report = { lookedUp: [...lookedUp].sort(), calls: (await calls()) - before, answers, errors };
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit());

/** A name server that knows no name. */
async function answerLookups(): Promise<Set<string>> {
  const names = new Set<string>();
  const socket = createSocket('udp4');
  socket.on('message', (question, { port, address }) => {
    const labels: string[] = [];
    let offset = 12;
    for (let length = question[offset] ?? 0; length > 0; length = question[offset] ?? 0) {
      labels.push(question.toString('latin1', offset + 1, offset + 1 + length));
      offset += length + 1;
    }
    names.add(labels.join('.'));
    // The question as it was, with the bits of an answer and "no such name".
    const answer = Buffer.from(question.subarray(0, offset + 5));
    answer.writeUInt16BE(0x8183, 2);
    answer.writeUInt32BE(0, 8);
    socket.send(answer, port, address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return names;
}

/** Connections that found no way, and those that were begun and accepted by nobody here, as the kernel counts them. */
async function calls(): Promise<number> {
  const four = (await readFile('/proc/net/snmp', 'utf8')).split('\n');
  const six = await readFile('/proc/net/snmp6', 'utf8').catch(() => '');
  const valueOf = (protocol: string, name: string) => {
    const [names = '', values = ''] = four.filter((line) => line.startsWith(`${protocol}: `));
    return Number(values.split(' ')[names.split(' ').indexOf(name)]);
  };
  return (
    valueOf('Ip', 'OutNoRoutes') +
    Number(/^Ip6OutNoRoutes\s+(\d+)/m.exec(six)?.[1] ?? 0) +
    valueOf('Tcp', 'ActiveOpens') -
    valueOf('Tcp', 'PassiveOpens')
  );
}

/** Shows that what must not be is seen where it is. */
async function callOthers(): Promise<Pick<Report, 'answers' | 'errors'>> {
  await lookup('collector.example').catch(() => undefined);
  const socket = connect(443, '192.0.2.1');
  await new Promise((resolve) => socket.once('error', resolve));
  return { answers: [], errors: '' };
}

async function visitServer({ server, dataset, photo }: Visit): Promise<Pick<Report, 'answers' | 'errors'>> {
  const child = spawn(process.execPath, server, { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exit = once(child, 'exit');
  const [greeting] = (await Promise.race([once(createInterface(child.stdout), 'line'), exit])) as [unknown];
  const url = /http:\S+\/graphql/.exec(String(greeting))?.[0];
  if (url === undefined) throw new Error(`the server did not start: ${errors}`);
  const answers: unknown[] = [];
  if (dataset !== undefined) {
    const job = await followed(
      url,
      `mutation { job: importDataset(input: { path: ${JSON.stringify(dataset)} }) { id } }`,
      'job',
    );
    const training = 'mutation { job: startTraining(input: { epochs: 1, use: ALWAYS, batchImages: 8 }) { id } }';
    answers.push(job, await followed(url, training, 'trainingJob'));
  }
  if (photo !== undefined) answers.push(await captioned(url, photo));
  child.kill('SIGTERM');
  await exit;
  return { answers, errors };
}

/** Begins a job and waits for its end. @returns its state */
async function followed(url: string, mutation: string, query: string): Promise<unknown> {
  const post = async (text: string) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query: text }) });
    return (await response.json()) as { data?: { job?: { id: string; state: string } }; errors?: unknown };
  };
  const { data, errors } = await post(mutation);
  const id = data?.job?.id;
  if (id === undefined) return errors;
  for (;;) {
    const { data: told } = await post(`{ job: ${query}(id: "${id}") { id state } }`);
    const state = told?.job?.state;
    if (state !== 'QUEUED' && state !== 'RUNNING') return state;
    await wait(100);
  }
}

async function captioned(url: string, photo: string): Promise<unknown> {
  const query = 'mutation ($upload: Upload!) { captionImage(upload: $upload) { text } }';
  const form = new FormData();
  form.set('operations', JSON.stringify({ query, variables: { upload: null } }));
  form.set('map', JSON.stringify({ 0: ['variables.upload'] }));
  form.set('0', new Blob([new Uint8Array(await readFile(photo))]), 'photo.png');
  const response = await fetch(url, { method: 'POST', headers: { 'apollo-require-preflight': '1' }, body: form });
  return response.json();
}
