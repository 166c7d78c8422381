// The gateway's main job as a plain Node service does it: signed polls, typed rows,
// hysteresis on two fields of every queue, a webhook per crossing.
//
//   node client.mjs URL CA_FILE LOAD IN_FLIGHT WEBHOOK_URL WARM_UP_MS
//
// LOAD as for the floor. Runs until it is killed; the first poll that fails ends it.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { setInterval, setTimeout } from "node:timers";
import { Pool } from "undici";

const [url, caFile, load, inFlight, webhookUrl, warmUpMs] = process.argv.slice(2);
const { host } = new URL(url);
const centre = new Pool(url, {
  connections: Number(inFlight),
  connect: { ca: readFileSync(caFile) },
});
const webhook = new URL(webhookUrl);
const receiver = new Pool(webhook.origin, { connections: 8 });

// ---- signed requests ----

const PATH = "/rest/cmsapp/v1/openapi/skill/stateinfo";
const CONTENT_TYPE = "application/json; charset=UTF-8";
const SIGNED = "content-length;content-type;host";
const ACCESS_KEY = "bench";
const SECRET_KEY = "bench-secret";

const encode = (text) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase(),
  );
const hmac = (key, text) => createHmac("sha256", key).update(text).digest("hex");

function authorization(body) {
  const time = new Date().toISOString().slice(0, 19) + "Z";
  const prefix = `auth-v2/${ACCESS_KEY}/${time}/${SIGNED}`;
  const canonical =
    `POST\n${PATH}\n${SIGNED}\ncontent-length:${Buffer.byteLength(body)}\n` +
    `content-type:${encode(CONTENT_TYPE)}\nhost:${encode(host)}\n${encode(body)}`;
  return `${prefix}/${hmac(hmac(SECRET_KEY, prefix), canonical)}`;
}

async function poll(body) {
  const answer = await centre.request({
    path: PATH,
    method: "POST",
    headers: { "content-type": CONTENT_TYPE, authorization: authorization(body) },
    body,
  });
  const { resultCode, resultDesc } = await answer.body.json();
  if (answer.statusCode !== 200 || resultCode !== "0100000") {
    throw new Error(`the centre answered ${answer.statusCode} ${resultCode}`);
  }
  return resultDesc;
}

// ---- typed rows ----

function integer(value, field) {
  if (value === undefined || value === null) return null;
  if (!Number.isSafeInteger(value)) throw new TypeError(`${field} is not an integer`);
  return value;
}

const queue = (row) => ({
  id: integer(row.skillId, "skillId"),
  agentsSignedIn: integer(row.agentLoginNums, "agentLoginNums"),
  agentsTalking: integer(row.agentTalkingNums, "agentTalkingNums"),
  agentsIdle: integer(row.agentIdleNums, "agentIdleNums"),
  agentsAvailable: integer(row.agentAvailableNums, "agentAvailableNums"),
  agentsBusy: integer(row.agentSetBusyNums, "agentSetBusyNums"),
  agentsResting: integer(row.agentRestNums, "agentRestNums"),
  longestIdle5m: integer(row.agentMaxIdleTimeIn5, "agentMaxIdleTimeIn5"),
  agentsWorking: integer(row.agentWorkNums, "agentWorkNums"),
  agentsStudying: integer(row.agentStudyNums, "agentStudyNums"),
  agentsOccupied: integer(row.agentOccupyNums, "agentOccupyNums"),
  agentsPreoccupied: integer(row.agentPreOccupyNums, "agentPreOccupyNums"),
  callsTotal: integer(row.totalCallNums, "totalCallNums"),
  callsInProgress: integer(row.processingCallNums, "processingCallNums"),
  longestWait5m: integer(row.maxCallWaitTimesIn5, "maxCallWaitTimesIn5"),
  callsWaiting: integer(row.callWaitNums, "callWaitNums"),
  meanCall5m: integer(row.evenCallTimeIn5, "evenCallTimeIn5"),
  meanWait5m: integer(row.evenWaitTimeIn5, "evenWaitTimeIn5"),
  callsOffered5m: integer(row.allCallCount, "allCallCount"),
  answeredIn20s5m: integer(row.cnnedIn20sCallCount, "cnnedIn20sCallCount"),
});

// ---- the rule ----

const raised = new Set();

async function tell(kind, row) {
  const answer = await receiver.request({
    path: webhook.pathname,
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      type: `alert.${kind}`,
      timestamp: new Date().toISOString(),
      data: { kind, rule: "load", key: String(row.id), row },
    }),
  });
  await answer.body.dump();
}

function judge(row) {
  if (raised.has(row.id)) {
    if (row.callsWaiting < 12 && row.longestWait5m < 1800) {
      raised.delete(row.id);
      return tell("clear", row);
    }
  } else if (row.callsWaiting > 12 || row.longestWait5m > 3600) {
    raised.add(row.id);
    return tell("raise", row);
  }
}

// ---- the timetable ----

async function ask(request) {
  if (request.isUnderWay) return;
  request.isUnderWay = true;
  for (const row of await poll(request.body)) {
    judge(queue(row));
  }
  request.isUnderWay = false;
}

const requests = readFileSync(load, "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [everyMs, ids] = line.split(" ");
    return {
      everyMs: Number(everyMs),
      body: `{"queryParam":{"ccId":1,"vdn":1,"skillIds":[${ids}]}}`,
      isUnderWay: false,
    };
  });

// At full speed for a while, so that what is measured has been compiled.
async function warmUp() {
  const end = Date.now() + Number(warmUpMs);
  let next = 0;
  const lane = async () => {
    while (Date.now() < end) await ask(requests[next++ % requests.length]);
  };
  await Promise.all(Array.from({ length: Number(inFlight) }, lane));
}

await warmUp();
// Steps of the golden ratio spread the first times, whatever the intervals are.
requests.forEach((request, i) => {
  const share = (i * 0.6180339887498949) % 1;
  setTimeout(() => {
    ask(request);
    setInterval(ask, request.everyMs, request);
  }, request.everyMs * share);
});
