'use strict';
module.exports = require('./build/Release/your_own_addon.node');
