"""Our browser telephone over the real @twilio/voice-sdk. Only the wire to the carrier is played by
the test: the far end is a second peer connection of the page.

The SDK lets its signalling be replaced (options ``PStream`` and ``Publisher``, not documented);
pinned to the version that the console loads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from chromium import ARGS, CHROMIUM
from playwright.sync_api import Page, sync_playwright

from ivr.settings import ROOT

STATIC = ROOT / "ivr" / "web" / "static"
SDK = "vendor/twilio-voice-sdk/twilio-2.18.5.min.js"
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]

WIRE = """
class Emitter {
  constructor() { this.told = {}; }
  on(name, f) { (this.told[name] ??= []).push(f); return this; }
  addListener(name, f) { return this.on(name, f); }
  once(name, f) { const g = (...a) => { this.removeListener(name, g); f(...a); };
    return this.on(name, g); }
  removeListener(name, f) { this.told[name] = (this.told[name] ?? []).filter((x) => x !== f);
    return this; }
  off(name, f) { return this.removeListener(name, f); }
  removeAllListeners(name) { name ? delete this.told[name] : (this.told = {}); return this; }
  emit(name, ...given) { (this.told[name] ?? []).slice().forEach((f) => f(...given)); }
  listenerCount(name) { return (this.told[name] ?? []).length; }
}
globalThis.sent = [];
const tones = RTCDTMFSender.prototype.insertDTMF;
RTCDTMFSender.prototype.insertDTMF = function (keys, ...given) {
  sent.push(["tones", keys]); return tones.call(this, keys, ...given); };
globalThis.FakePStream = class extends Emitter {
  constructor(token, uris, options) {
    super(); this.token = token; this.status = "disconnected"; this.region = "br1";
    this.gateway = "wss://nowhere.test"; globalThis.wire = this;
    setTimeout(() => { this.status = "connected"; this.emit("connected", {region: "br1"}); }, 0);
  }
  setToken(token) { this.token = token; sent.push(["token", token]); }
  register(media) { sent.push(["register", media]);
    setTimeout(() => { this.status = "ready"; this.emit("ready"); }, 0); }
  answer(sdp, sid) { sent.push(["answer", sid]);
    globalThis.far.setRemoteDescription({type: "answer", sdp}); }
  dtmf(sid, digits) { sent.push(["dtmf", sid, digits]); }
  hangup(sid) { sent.push(["hangup", sid]); }
  reject(sid) { sent.push(["reject", sid]); }
  updatePreferredURI() {} updateURIs() {} publish() {} sendMessage() {}
  destroy() { sent.push(["destroy"]); this.emit("offline", this); return this; }
};
globalThis.FakePublisher = class extends Emitter {
  enable() {} disable() {} setHost() {} updateToken() {}
  async post() {} postMetrics() {} debug() {} info() {} warn() {} error() {}
};
globalThis.start = async () => {
  const { Softphone } = await import("/agent-softphone.js");
  globalThis.seen = []; globalThis.tokens = 0;
  globalThis.phone = new Softphone({
    fabricaDevice: (token, options) => globalThis.device = new Twilio.Device(token,
      {...options, PStream: FakePStream, Publisher: FakePublisher}),
    buscarFicha: async () => `ficha-${++tokens}`,
    pedirMicrofone: () => navigator.mediaDevices.getUserMedia({audio: true}),
    som: "/sounds/toque.wav",
  });
  phone.addEventListener("estado", ({ detail }) => seen.push(detail.estado));
  return phone.registrar();
};
globalThis.ring = async (oferta) => {
  globalThis.far = new RTCPeerConnection();
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  stream.getTracks().forEach((track) => far.addTrack(track, stream));
  far.ontrack = () => { globalThis.hears = true; };
  await far.setLocalDescription(await far.createOffer());
  await new Promise((done) => { far.onicegatheringstatechange = () =>
    far.iceGatheringState === "complete" && done();
    if (far.iceGatheringState === "complete") { done(); } });
  const sid = "CA" + "1".repeat(32);
  wire.emit("invite", {callsid: sid, sdp: far.localDescription.sdp,
    parameters: {CallSid: sid, From: "+556733183600", To: "client:agente",
      AccountSid: "AC" + "0".repeat(32), Params: `oferta=${oferta}`}});
  return sid;
};
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Static files, and a page that loads the SDK."""
        if self.path != "/":
            super().do_GET()
            return
        page = f'<!doctype html><html lang="pt-br"><script src="/{SDK}"></script>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *MICROPHONE])
        opened = browser.new_page()
        opened.set_default_timeout(10_000)
        opened.goto(f"http://127.0.0.1:{server.server_port}/")
        opened.add_script_tag(content=WIRE)
        yield opened
        browser.close()
    server.shutdown()
    server.server_close()


def test_the_real_sdk_registers_rings_is_answered_muted_keyed_and_hung_up(page: Page) -> None:
    assert page.evaluate("start()") is True
    assert page.evaluate("device.state") == "registered"
    assert page.evaluate("sent.some(([what]) => what === 'register')")
    sid = page.evaluate("ring('OF1')")
    page.wait_for_function("device.isBusy === false && phone.atender('OF1') !== undefined")
    page.wait_for_function("phone.emConversa")
    page.wait_for_function("far.connectionState === 'connected' && globalThis.hears")
    assert page.evaluate("seen.at(-1)") == "em-conversa"
    page.evaluate("phone.mudo(true)")
    assert page.evaluate("device.calls.length + (device._activeCall ? 1 : 0)") == 1
    assert page.evaluate("device._activeCall.isMuted()") is True
    page.evaluate("phone.digitos('12#')")
    assert ["tones", "12#"] in page.evaluate("sent")
    page.evaluate("phone.desligar()")
    page.wait_for_function("!phone.emConversa")
    assert ["hangup", sid] in page.evaluate("sent")
    assert page.evaluate("seen.at(-1)") == "registrado"


def test_the_real_sdk_lets_a_caller_go_who_hangs_up_before_the_answer(page: Page) -> None:
    sid = page.evaluate("ring('OF2')")
    page.wait_for_function("device.calls.length === 1")
    page.evaluate("(sid) => wire.emit('cancel', {callsid: sid})", sid)
    page.wait_for_function("device.calls.length === 0")
    assert page.evaluate("phone.emConversa") is False


def test_the_real_sdk_takes_a_new_token_and_tells_an_expired_one(page: Page) -> None:
    page.evaluate("device.emit('tokenWillExpire')")
    page.wait_for_function("sent.some(([what, token]) => what === 'token' && token !== 'ficha-1')")
    page.evaluate(
        "wire.emit('error', {error: {code: 31205, message: 'expired', twilioError: null}})"
    )
    page.wait_for_function("seen.at(-1) === 'ficha-vencida'")
