'use strict';

// What came through the gate's own validator, read as browsers read it: each
// address stays on its host, from whatever page it is followed.

const { readFileSync } = require('fs');

const { origin, addresses } = JSON.parse(
  readFileSync(process.env.IDV_ADDRESSES, 'latin1'));

let count = 0;


function ok(good, name, more) {
  count += 1;
  console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);

  if (!good && more) {
    console.log(`# ${more}`);
  }
}


// [what is wrong] of one address

function wrong(address, base) {
  let url;

  try {
    url = new URL(address, base);
  } catch (error) {
    return `${address} is no address`;
  }

  if (url.origin !== new URL(base).origin || url.username || url.password) {
    return `${address} leads to ${url.href}`;
  }

  // one that has no dots to resolve stays as it is written, but for what
  // browsers escape

  const path = address.split(/[?#]/)[0];
  const read = url.pathname.replace(/%(60|7B|7D)/g,
    (text, code) => String.fromCharCode(parseInt(code, 16)));

  if (!/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path) && read !== path) {
    return `${address} is read as ${url.href}`;
  }

  return null;
}


const bases = [
  `${origin}/`,
  `${origin}/idv/logout`,
  `${origin}/idv/cancelled?return=//x/`,
  `${origin.replace('http:', 'https:')}/a/b/?c#d`,
];

for (const base of bases) {
  const found = addresses
    .map(([, out]) => wrong(out, base))
    .filter((text) => text !== null);

  ok(found.length === 0, `R2: WHATWG: ${addresses.length} addresses stay here`,
    found.slice(0, 10).join(', '));
}

// the check can fail

for (const address of ['//evil.example', '/\\evil.example', '\t//evil.example',
  'http:evil.example', '/\t/evil.example', '\\\\evil.example']) {
  ok(wrong(address, bases[3]) !== null,
    `R2: WHATWG: ${JSON.stringify(address)} would be seen`);
}

console.log(`1..${count}`);
