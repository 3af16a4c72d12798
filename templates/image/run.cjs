// Unpacks the daemon that lies beside this file and runs it. A ConfigMap holds at most 1 MiB, so it
// carries the daemon compressed. https://kubernetes.io/docs/concepts/configuration/configmap/
'use strict';
const { readFileSync } = require('node:fs');
const { Module } = require('node:module');
const { join } = require('node:path');
const { gunzipSync } = require('node:zlib');

const file = join(__dirname, 'proxy.cjs');
const daemon = new Module(file, null);
daemon.filename = file;
daemon._compile(gunzipSync(readFileSync(`${file}.gz`)).toString(), file);
