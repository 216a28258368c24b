// The API's endpoint, as people build it with three well-known stacks:
//
//   node server.js nest     NestJS, its ValidationPipe and @nestjs/throttler
//   node server.js fastify  Fastify and @fastify/rate-limit
//   node server.js express  Express and express-rate-limit
//
// Environment: LIMIT requests in each WINDOW milliseconds; STYLE of the
// headers: nest "" or "two" (a short and a long limit), express "draft-6",
// "draft-7", "draft-8" or "legacy"; KEY and CERT, files, for https (nest only);
// IDLE milliseconds after which an idle connection is closed (nest only).
// Prints the port. GET /_seen tells how often each task was updated, and what
// it holds.
'use strict';
const { readFileSync } = require('fs');
const { LIMIT = '100', WINDOW = '1000', STYLE = '', KEY, CERT, IDLE } = process.env;
const limit = Number(LIMIT), ttl = Number(WINDOW);
const path = '/v1/accounts/tasks/';
const texts = ['title', 'assigneeId', 'activityId', 'description', 'type', 'status', 'priority'];
const tasks = new Map();

function update(id, body) {
  const seen = tasks.get(id) ?? { times: 0, fields: { type: 'FOLLOW_UP', status: 'PENDING', priority: 'LOW' }, metadata: {}, urls: [] };
  seen.times++;
  for (const name of texts) if (body[name] !== undefined) seen.fields[name] = body[name];
  if (body.metadata) Object.assign(seen.metadata, body.metadata);
  if (body.attachmentUrls) seen.urls = body.attachmentUrls;
  tasks.set(id, seen);
  const f = name => seen.fields[name] ?? '';
  const now = new Date().toISOString();
  return {
    id, accountId: 'acc', account: 'Account', activityId: f('activityId'), title: f('title'), description: f('description'), assigneeId: f('assigneeId'),
    type: f('type'), typeId: f('type'), typeConfiguration: {}, status: f('status'), statusId: f('status'), statusConfiguration: {},
    priority: f('priority'), priorityId: f('priority'), priorityConfiguration: {}, attachments: seen.urls.map(url => ({ url })), isActive: true,
    creator: 'Creator', creatorId: 'usr', creatorEmail: 'creator@example.invalid', createdAt: now, updatedAt: now, metadata: seen.metadata,
  };
}

const seen = () => Object.fromEntries(tasks);
const unknown = id => id.startsWith('missing-');
const missing = { statusCode: 404, message: 'Account task not found', error: 'Not Found' };

function listening(server) {
  console.log(server.address().port);
}

async function nest() {
  require('reflect-metadata');
  const nest = require('@nestjs/common');
  const { NestFactory, APP_GUARD } = require('@nestjs/core');
  const { ThrottlerModule, ThrottlerGuard, SkipThrottle } = require('@nestjs/throttler');
  const check = require('class-validator');

  class Update {}
  const rule = (name, ...decorators) => decorators.forEach(d => d(Update.prototype, name));
  for (const name of texts) rule(name, check.IsOptional(), check.IsString());
  rule('attachmentUrls', check.IsOptional(), check.IsArray(), check.IsString({ each: true }));
  rule('metadata', check.IsOptional(), check.IsObject());

  class Tasks {
    update(key, id, body) {
      if (!key) throw new nest.UnauthorizedException('Invalid API key');
      if (unknown(id)) throw new nest.NotFoundException('Account task not found');
      return update(id, body);
    }
    seen() { return seen(); }
  }
  const method = (name, ...decorators) =>
    decorators.forEach(d => d(Tasks.prototype, name, Object.getOwnPropertyDescriptor(Tasks.prototype, name)));
  nest.Controller()(Tasks);
  method('update', nest.Put(path + ':taskId'));
  nest.Headers('x-api-key')(Tasks.prototype, 'update', 0);
  nest.Param('taskId')(Tasks.prototype, 'update', 1);
  nest.Body(new nest.ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, expectedType: Update }))(Tasks.prototype, 'update', 2);
  method('seen', nest.Get('_seen'), SkipThrottle({ default: true, short: true, long: true }));

  const limits = STYLE === 'two'
    ? [{ name: 'short', ttl, limit }, { name: 'long', ttl: 5 * ttl, limit: 4 * limit }]
    : [{ ttl, limit }];
  class App {}
  nest.Module({
    imports: [ThrottlerModule.forRoot(limits)],
    controllers: [Tasks],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  })(App);
  const https = KEY && { key: readFileSync(KEY), cert: readFileSync(CERT) };
  const app = await NestFactory.create(App, { logger: false, ...(https && { httpsOptions: https }) });
  await app.listen(0, '127.0.0.1');
  if (IDLE) Object.assign(app.getHttpServer(), { keepAliveTimeout: Number(IDLE), keepAliveTimeoutBuffer: 0 });
  listening(app.getHttpServer());
}

async function fastify() {
  const app = require('fastify')();
  await app.register(require('@fastify/rate-limit'), { max: limit, timeWindow: ttl });
  app.put(path + ':taskId', async (req, reply) => {
    if (unknown(req.params.taskId)) return reply.code(404).send(missing);
    return update(req.params.taskId, req.body);
  });
  app.get('/_seen', { config: { rateLimit: false } }, async () => seen());
  await app.listen({ port: 0, host: '127.0.0.1' });
  listening(app.server);
}

async function express() {
  const express = require('express');
  const { rateLimit } = require('express-rate-limit');
  const app = express();
  app.get('/_seen', (req, res) => res.json(seen()));
  app.use(rateLimit({ windowMs: ttl, limit, standardHeaders: STYLE !== 'legacy' && STYLE, legacyHeaders: STYLE === 'legacy' }));
  app.use(express.json());
  app.put(path + ':taskId', (req, res) => {
    if (unknown(req.params.taskId)) return res.status(404).json(missing);
    res.json(update(req.params.taskId, req.body));
  });
  const server = app.listen(0, '127.0.0.1', () => listening(server));
}

({ nest, fastify, express })[process.argv.at(-1)]();
