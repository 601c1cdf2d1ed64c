// The OpenAPI file is one, as a validator that is not ours reads it; so is a
// file that is none.

'use strict';

const fs = require('fs');
const SwaggerParser = require('@apidevtools/swagger-parser');

const spec = JSON.parse(fs.readFileSync(process.env.IDV_SPEC));

async function verdict(change) {
    const copy = JSON.parse(JSON.stringify(spec));

    change(copy);

    try {
        await SwaggerParser.validate(copy);
        return 'valid';
    } catch (error) {
        return 'not valid';
    }
}

async function main() {
    const cases = [
        ['as it is', 'valid', () => {}],
        ['without a version', 'not valid', s => delete s.info.version],
        ['with a reference to nothing', 'not valid', s => {
            s.paths['/readSelfie'].post.responses['200'].content[
                'application/json'].schema.$ref = '#/components/schemas/No';
        }],
    ];

    for (const [i, [name, wanted, change]] of cases.entries()) {
        const is = await verdict(change);
        console.log(`${is === wanted ? '' : 'not '}ok ${i + 1} - `
            + `the OpenAPI file ${name} is ${wanted}`);
    }

    console.log(`1..${cases.length}`);
}

main();
