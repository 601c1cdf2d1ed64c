'use strict';

// Ping's own widget, as npm has it, in Chromium.  The page around it does
// nothing but construct it; ann clicks what it shows, and the control interface
// of the local service is her phone.

const {
  gate, ok, is, like, control, open, run,
} = require('../browser/tap');
const { begin, document_, selfie } = require('../browser/people');


// nobody may have more than eight flows open at a time

const eve = { httpCredentials: { username: 'eve', password: 'eve' } };
const mobile = { viewport: { width: 390, height: 800 }, isMobile: true };


// A browser that asked for the application and was given a flow; its operator
// shows the widget for it.  All that the API answers is kept.

async function arrive(browser, wanted, options) {
  const page = await open(browser, options);

  page.answers = [];
  page.requests = 0;

  page.on('request', (request) => {
    page.requests += /\/pf-ws\/authn\/flows\//.test(request.url()) ? 1 : 0;
  });

  page.on('response', async (response) => {
    if (!/\/pf-ws\/authn\/flows\/\w+(\?|$)|\/as\//.test(response.url())) {
      return;
    }

    if (!/^application\/json/.test(response.headers()['content-type'])) {
      page.complaints.push(`${response.url()}: no JSON`);
    }

    // the body of the last one goes with its page
    const answer = await response.json().catch(() => null);

    if (answer) {
      page.answers.push(answer);
    }
  });

  await page.goto(gate + wanted);

  page.flow = new URL(page.url()).searchParams.get('flowId');

  return page;
}


async function show(page, query = '') {
  await page.goto(`${gate}/widget/index.html?flowId=${page.flow}${query}`);
}


function links(page) {
  return page.answers
    .filter((answer) => answer.webVerificationUrl)
    .map((answer) => answer.webVerificationUrl);
}


async function until(condition, what, ms = 20000) {
  const end = Date.now() + ms;

  while (!await condition()) {
    if (Date.now() > end) {
      throw new Error(`never: ${what}`);
    }

    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}


// the transaction of the newest link

async function transaction(page, after) {
  let id;

  await until(() => {
    const link = links(page).pop();

    id = link && new URL(link).searchParams.get('txnid');

    return id && id !== after;
  }, 'a link for the phone');

  return id;
}


function phone(id, status, more) {
  return control('POST', `transactions/${id}`, { status, ...more });
}


function state(page, name, ms) {
  return until(() => (page.answers.at(-1) || {}).status
    === `ID_VERIFICATION_${name}`, name, ms);
}


// the widget leads back to what was asked for, and the application has her

async function arrived(page, wanted, name) {
  await page.waitForURL(gate + wanted, { timeout: 30000 });

  const seen = JSON.parse(await page.innerText('body'));

  is(seen.uri, wanted, `${name}: at what she asked for`);
  is(seen.headers['IDV-Status'], 'SUCCESS', `${name}: verified`);
  is(page.complaints, [], `${name}: no complaint`);

  // about 12 polls a minute; a loop without a pause would be hundreds
  ok(page.requests < 40, `${name}: no hot loop`, page.requests);
}


async function options(page) {
  await page.click('#other');
  await page.waitForSelector('#nextbtn');
}


async function qr(browser) {
  const page = await arrive(browser, '/qr?x=1');

  await show(page);
  await options(page);
  await page.click('#qrbtn');

  const image = await page.waitForSelector('#qrCode');

  await until(() => image.evaluate((img) => img.complete
    && img.naturalWidth > 0), 'the QR code');
  ok(true, 'qr: the code is shown');

  const id = await transaction(page);
  const { verificationCode } = page.answers.at(-1);

  ok((await page.innerText('body')).replace(/\s/g, '')
    .includes(verificationCode), 'qr: with the digits to compare');

  await phone(id, 'INITIATED');
  await until(() => page.answers.at(-1).txStatus === 'INITIATED', 'INITIATED');
  is(page.answers.at(-1).verificationCode, verificationCode,
    'qr: the code stays');

  await phone(id, 'IN_PROGRESS');
  await state(page, 'IN_PROGRESS');
  await phone(id, 'SUCCESS');
  await arrived(page, '/qr?x=1', 'qr');
}


async function message(browser, radio, method) {
  const wanted = `/${method}`;
  const page = await arrive(browser, wanted);

  await show(page, '&actionParam');
  await options(page);
  await page.click(radio);
  await page.click('#nextbtn');

  const id = await transaction(page);

  is(page.answers.at(-1).notificationMethod, method, `${method}: was sent`);
  await phone(id, 'SUCCESS');
  await arrived(page, wanted, method);
}


async function self(browser) {
  const page = await arrive(browser, '/self', mobile);
  const [popup] = await Promise.all([
    page.context().waitForEvent('page'),
    show(page).then(() => page.click('#self')),
  ]);

  // what a person does in the capture

  await popup.waitForLoadState();
  await begin(popup);
  await document_(popup);
  await selfie(popup);

  await arrived(page, '/self', 'self');
}

async function failure(browser) {
  const page = await arrive(browser, '/failure', eve);

  await show(page);
  await options(page);
  await page.click('#qrbtn');

  const first = await transaction(page);

  await phone(first, 'FAIL');

  const second = await transaction(page, first);

  ok(page.answers.some((answer) => answer.errJson), 'failure: says so');
  await phone(second, 'FAIL');
  await state(page, 'FAILED');
  await page.click('[data-actionId=retryVerification]');
  await until(() => page.answers.some(
    (answer) => answer.code === 'REQUEST_FAILED'), 'no attempt is left');
  like((page.answers.find((answer) => answer.code) || {}).details[0].code,
    /^ATTEMPTS_LIMIT$/, 'failure: and no attempt is left');
  is(page.complaints, [], 'failure: no complaint');
}


async function timeout(browser) {
  const page = await arrive(browser, '/timeout', eve);

  await show(page);
  await options(page);
  await page.click('#qrbtn');

  const first = await transaction(page);

  await phone(first, 'FAIL', { reason: 'TRANSACTION_TIMED_OUT' });
  await state(page, 'TIMED_OUT');
  await page.click('[data-actionId=retryVerification], #retryVerification');
  await state(page, 'DEVICE');
  await options(page);
  await page.click('#qrbtn');
  await phone(await transaction(page, first), 'SUCCESS');
  await arrived(page, '/timeout', 'timeout');
}


async function cancel(browser) {
  const page = await arrive(browser, '/cancel', eve);

  await show(page);
  await page.click('#cancelAuthentication, '
    + '[data-actionId=cancelAuthentication]');
  await page.waitForURL(/\/idv\/cancelled\?return=%2Fcancel$/);
  ok(true, 'cancel: a page says so');
  is(page.complaints, [], 'cancel: no complaint');
}


async function redirectless(browser) {
  const page = await arrive(browser, '/redirectless', eve);

  await page.goto(`${gate}/widget/index.html?redirectless`);
  await options(page);
  await page.click('#qrbtn');
  await phone(await transaction(page), 'SUCCESS');
  await page.waitForSelector('body[data-success]', { timeout: 30000 });

  const answer = JSON.parse(await page.getAttribute('body', 'data-success'));

  is(answer.transactionStatus, 'SUCCESS', 'redirectless: handed to the page');
  ok(answer.firstName, 'redirectless: with user data');

  await page.goto(`${gate}/redirectless`);
  is(JSON.parse(await page.innerText('body')).headers['IDV-Status'], 'SUCCESS',
    'redirectless: and the gate is open');
}


// side by side: the widget's own pauses are what takes the time

run({
  widget: (browser) => Promise.all([
    qr(browser),
    message(browser, '#emailRadio', 'email'),
    message(browser, '#mobileRadio', 'sms'),
    self(browser),
    failure(browser),
    timeout(browser),
    cancel(browser),
    redirectless(browser),
  ]),
});
