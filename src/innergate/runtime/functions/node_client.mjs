// The runtime client of Node.js functions: asks the Lambda Runtime API for work and calls the handler.
//
// Handlers are async functions, or take a callback, or stream their response (awslambda.streamifyResponse); modules are
// CommonJS or ES modules. Source: Lambda Developer Guide, "Define Lambda function handler in Node.js", "AWS Lambda context
// object in Node.js", "Writing response streaming-enabled Lambda functions".

import http from "node:http";
import fs from "node:fs";
import path from "node:path";
import { Writable } from "node:stream";
import { format } from "node:util";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const streamAgent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let requestId;

function ask(method, name, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path: `/2018-06-01/runtime/${name}`, agent, headers };
    const request = http.request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks).toString("utf8") }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

const STREAMS = Symbol.for("aws.lambda.runtime.handler.streaming");
const METADATA_TYPE = "application/vnd.awslambda.http-integration-response";

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMS] = "response";
    handler.highWaterMark = options?.highWaterMark;
    return handler;
  },
  HttpResponseStream: class HttpResponseStream {
    static from(stream, metadata) {
      stream.setContentType(METADATA_TYPE);
      stream.write(JSON.stringify(metadata));
      stream.write(Buffer.alloc(8));
      return stream;
    }
  },
};

// The response of one invocation as a stream: the request begins with the first byte, and says at its end what went wrong.
class ResponseStream extends Writable {
  constructor(id, highWaterMark) {
    super({ highWaterMark, defaultEncoding: "utf8" });
    this.id = id;
    this.contentType = "application/octet-stream";
    this.done = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    this.done.catch(() => {});
  }

  setContentType(contentType) {
    this.contentType = contentType;
  }

  begin() {
    if (this.request) {
      return;
    }
    const headers = {
      "Content-Type": this.contentType,
      "Lambda-Runtime-Function-Response-Mode": "streaming",
      Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      "Transfer-Encoding": "chunked",
    };
    const path = `/2018-06-01/runtime/invocation/${this.id}/response`;
    this.request = http.request({ host, port, method: "POST", path, agent: streamAgent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => this.resolve());
      answer.on("error", (error) => this.reject(error));
    });
    this.request.on("error", (error) => this.reject(error));
  }

  _write(chunk, encoding, callback) {
    this.begin();
    this.request.write(chunk, callback);
  }

  _final(callback) {
    this.begin();
    this.request.end(callback);
  }

  fail(error) {
    this.begin();
    const found = describe(error);
    say("ERROR", `Invoke Error\t${JSON.stringify(found)}`);
    this.request.addTrailers({
      "Lambda-Runtime-Function-Error-Type": found.errorType,
      "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(found)).toString("base64"),
    });
    this.request.end();
  }
}

function describe(error) {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack || "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function say(level, text) {
  const line = `${new Date().toISOString()}\t${requestId}\t${level}\t${text}`;
  process.stdout.write(line.replace(/\n/g, "\r") + "\n");
}

for (const [name, level] of [["log", "INFO"], ["info", "INFO"], ["debug", "DEBUG"], ["trace", "TRACE"], ["warn", "WARN"],
  ["error", "ERROR"]]) {
  console[name] = (...words) => say(level, format(...words));
}

async function load(text) {
  const folder = path.dirname(text);
  const [file, ...names] = path.basename(text).split(".");
  const stem = path.join(process.env.LAMBDA_TASK_ROOT, folder, file);
  const found = [".js", ".mjs", ".cjs"].map((ending) => stem + ending).find((name) => fs.existsSync(name));
  if (!found) {
    throw Object.assign(new Error(`Cannot find module '${file}'`), { name: "Runtime.ImportModuleError" });
  }
  const module = await import(pathToFileURL(found).href);
  let handler = names[0] in module ? module : module.default;
  for (const name of names) {
    handler = handler?.[name];
  }
  if (typeof handler !== "function") {
    throw Object.assign(new Error(`${text} is undefined or not exported`), { name: "Runtime.HandlerNotFound" });
  }
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    clientContext: headers["lambda-runtime-client-context"]
      ? JSON.parse(headers["lambda-runtime-client-context"])
      : undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    const given = handler(event, context, callback);
    if (given && typeof given.then === "function") {
      given.then(resolve, reject);
    } else if (handler.length < 3) {
      resolve(given);
    }
  });
}

async function stream(handler, event, context) {
  const response = new ResponseStream(requestId, handler.highWaterMark);
  try {
    await handler(event, response, context);
  } catch (error) {
    if (!response.request) {
      throw error;
    }
    response.fail(error);
  }
  await response.done;
}

async function fail(error, name) {
  const found = describe(error);
  say("ERROR", `Invoke Error\t${JSON.stringify(found)}`);
  await ask("POST", name, JSON.stringify(found), { "Lambda-Runtime-Function-Error-Type": found.errorType });
}

for (const name of ["uncaughtException", "unhandledRejection"]) {
  process.on(name, (error) => {
    const place = requestId ? `invocation/${requestId}/error` : "init/error";
    fail(error, place).finally(() => process.exit(1));
  });
}

let handler;
try {
  handler = await load(process.env._HANDLER);
} catch (error) {
  await fail(error, "init/error");
  process.exit(1);
}
for (;;) {
  const { headers, body } = await ask("GET", "invocation/next");
  requestId = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] || "";
  try {
    if (handler[STREAMS]) {
      await stream(handler, JSON.parse(body), contextOf(headers));
      continue;
    }
    const result = await call(handler, JSON.parse(body), contextOf(headers));
    await ask("POST", `invocation/${requestId}/response`, JSON.stringify(result === undefined ? null : result));
  } catch (error) {
    await fail(error, `invocation/${requestId}/error`);
  }
}
