// Each line of standard input is a UCUM code; prints those that the validator refuses.
const { UcumLhcUtils } = require('@lhncbc/ucum-lhc');
const utils = UcumLhcUtils.getInstance();
const codes = require('node:fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
for (const code of codes) {
  const found = utils.validateUnitString(code);
  if (found.status !== 'valid') console.log(`${code}: ${found.msg.join(' ')}`);
}
