'use strict';

// TAP for tests in Node, and what they all need of a browser: t/lib/Idv/Node.pm
// runs them and counts.

const { chromium } = require('playwright-core');
const axe = require('axe-core');

const gate = process.env.IDV_GATE;
const service = process.env.IDV_SERVICE;

let count = 0;
let failed = 0;


function ok(good, name, more) {
  count += 1;
  failed += good ? 0 : 1;

  console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);

  if (!good && more !== undefined) {
    for (const line of String(more).split('\n')) {
      console.log(`# ${line}`);
    }
  }

  return good;
}


function is(got, expected, name) {
  const [a, b] = [got, expected].map((value) => JSON.stringify(value));

  return ok(a === b, name, `got ${a}, expected ${b}`);
}


function like(got, pattern, name) {
  return ok(pattern.test(got), name, `got ${JSON.stringify(got)}`);
}


async function control(method, path, body) {
  const answer = await fetch(`${service}/_control/${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

  if (!answer.ok) {
    throw new Error(`${method} /_control/${path}: ${answer.status}`);
  }

  const text = await answer.text();

  return text ? JSON.parse(text) : null;
}


// how many transactions were created

async function created() {
  const { requests } = await control('GET', 'requests?path=/v1/environments/');

  return requests
    .filter((request) => request.method === 'POST')
    .reduce((sum, request) => sum + request.count, 0);
}


// A browser window of its own, signed in as ann unless told otherwise.  What it
// complains of is kept: a blocked resource is a mistake of the page.

async function open(browser, options) {
  const context = await browser.newContext({
    httpCredentials: { username: 'ann', password: 'ann' },
    locale: 'en-GB',
    ...options,
  });

  const page = await context.newPage();

  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error'
        && !/Failed to load resource/.test(message.text())) {
      page.complaints.push(message.text());
    }
  });

  return page;
}


// no violation of what axe can see

async function accessible(page, name) {
  const result = await page.evaluate(`${axe.source};
    axe.run(document, { resultTypes: ['violations'] })`);

  const found = result.violations.map((violation) => `${violation.id}: `
    + violation.nodes.map((node) => node.target.join(' ')).join(', '));

  ok(found.length === 0 && result.passes.length > 5, `${name}: accessible`,
    found.join('\n'));
}


// nothing to scroll sideways

async function fits(page, name) {
  const [width, inner] = await page.evaluate(
    () => [document.scrollingElement.scrollWidth, window.innerWidth]);

  ok(width <= inner, `${name}: fits`, `${width} in ${inner}`);
}


// all stories, or those that IDV_STORY names

async function run(stories) {
  const wanted = new RegExp(process.env.IDV_STORY || '');

  const browser = await chromium.launch({
    executablePath: process.env.IDV_CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

  try {
    for (const [name, story] of Object.entries(stories)) {
      if (!wanted.test(name)) {
        continue;
      }

      console.log(`# ${name}`);

      try {
        await story(browser);
      } catch (error) {
        const pages = browser.contexts().flatMap((context) => context.pages());
        const texts = await Promise.all(pages.map(async (page) => (
          `${page.url()}: ${await page.textContent('body')}`)));

        ok(false, name, [error.stack, ...texts].join('\n'));
      }

      for (const context of browser.contexts()) {
        await context.close();
      }
    }
  } finally {
    await browser.close();
  }

  console.log(`1..${count}`);
  process.exitCode = failed ? 1 : 0;
}


module.exports = {
  gate, service, ok, is, like, control, created, open, accessible, fits, run,
};
