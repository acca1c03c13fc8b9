// Reads [{url, fields, token}] and writes what twilio's own package makes of each.
"use strict";
const twilio = require("twilio");
const { getExpectedTwilioSignature } = require("twilio/lib/webhooks/webhooks");

let text = "";
process.stdin.on("data", (chunk) => (text += chunk));
process.stdin.on("end", () => {
  const answers = JSON.parse(text).map(({ url, fields, token }) => {
    const signature = getExpectedTwilioSignature(token, url, fields);
    return { signature, valid: twilio.validateRequest(token, signature, url, fields) };
  });
  process.stdout.write(JSON.stringify(answers));
});
