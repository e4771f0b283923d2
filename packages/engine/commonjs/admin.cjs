// For `require`: the modules themselves, so that an application which imports them as well has one copy.
try {
  module.exports = require('../dist/admin.js');
} catch (error) {
  // The `require` that Jest gives to tests takes no ES modules. That of Node.js does, from 20.19 on.
  if (error?.code !== 'ERR_REQUIRE_ESM') throw error;
  module.exports = require('node:module')._load(`${__dirname}/../dist/admin.js`);
}
