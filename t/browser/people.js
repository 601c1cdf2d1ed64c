'use strict';

// What people do: at the desk, on the hosted page, and on a phone that has
// nothing but the link, on the capture page.  Their papers are specimens (ICAO
// Doc 9303-3, 4.9, and AAMVA's annex D), made here.

const { gate } = require('./tap');

const picture = {
  name: 'photo.png',
  mimeType: 'image/png',
  buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE'
    + 'QVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64'),
};

const blurred = { ...picture, buffer: Buffer.from('no photo at all') };

const next = new Date().getFullYear() + 3;


function checked(text) {
  const sum = [...text].reduce((total, c, i) => total + [7, 3, 1][i % 3]
    * (c === '<' ? 0 : parseInt(c, 36)), 0);

  return text + (sum % 10);
}


function passport() {
  const number = checked('L01X00T47');
  const birth = checked('740812');
  const expiry = checked(`${next % 100}0415`);
  const data = checked('ZE184226B<<<<<');
  const all = checked(number + birth + expiry + data).slice(-1);

  return `P<UTOERIKSSON<<ANNA<MARIA${'<'.repeat(19)}\n${number}UTO${birth}F`
    + `${expiry}${data}${all}`;
}


function licence(expiry = `0412${next}`) {
  return '@\n\x1e\rANSI 636020100001DL00310200DLDAQE5500123\n'
    + 'DCSEXAMPLE\nDACANN\nDADMARIE\nDBB04121990\n'
    + `DBA${expiry}\nDBC2\nDCGUSA\n\r`;
}


function view(page, name) {
  return page.waitForSelector(`main.${name}`, { timeout: 15000 });
}


async function transaction(page) {
  const link = await page.getAttribute('#idv-link, #idv-open', 'href');

  return new URL(link).searchParams.get('txnid');
}


// the shortest way to the QR code

async function scan(page, path) {
  await page.goto(gate + path);
  await page.click('#idv-other');
  await page.click('#idv-option-qr');
  await view(page, 'scan');

  return transaction(page);
}


// a person has few flows open at a time

async function giveUp(page) {
  await page.click('#idv-cancel');
  await view(page, 'notice');
}


// the button of a step on the phone, and of one of several

async function press(phone, step, what) {
  await phone.click(`form:has([name=step][value=${step}])`
    + `${what ? `:has([value=${what}])` : ''} button`);
}


async function begin(phone) {
  await press(phone, 'begin');
}


// without photos: a document can do without them

async function choose(phone, kind) {
  await phone.check(`[value=${kind}]`);
  await press(phone, 'choose');

  while (await phone.$('[value=without]')) {
    await press(phone, 'without');
  }
}


async function type(phone, fields) {
  for (const [name, value] of Object.entries(fields)) {
    await phone.fill(`[name=${name}]`, value);
  }
}


const paper = {
  documentNumber: 'L01X00T47',
  firstName: 'Anna',
  lastName: 'Muster',
  birthDate: '1990-05-17',
  expirationDate: '2031-12-31',
  issuingCountry: 'DE',
};


async function document_(phone) {
  await choose(phone, 'passport');
  await type(phone, paper);
  await press(phone, 'document');
}


// takes a photo: with the camera, or chooses it

async function photo(phone, step, file = picture, field = 'camera') {
  await phone.setInputFiles(`[name=${field}]`, file);
  await press(phone, step);
}


async function selfie(phone) {
  await photo(phone, 'selfie', picture, 'photo');
  await press(phone, 'submit');
}


module.exports = {
  picture, blurred, paper, passport, licence, view, transaction, scan, giveUp,
  press, begin, choose, type, document_, photo, selfie,
};
