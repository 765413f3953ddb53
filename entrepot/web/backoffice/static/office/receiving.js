/* Counting at the dock. Each scan gets its id here and is kept in this browser until the shop has answered it, so an
   hour without a line loses nothing and what is sent twice counts once. Without scripts the same form counts one by one. */
"use strict";
(() => {
  const form = document.getElementById("scan");
  if (!form) return;
  const said = document.getElementById("said");
  const refused = document.getElementById("refused");
  const batch = 200;
  const patience = 15000;
  const gather = 700; // of a quick hand several scans go with one call
  const own = `receiving:${form.dataset.receipt}:`;
  const token = form.elements.csrfmiddlewaretoken.value;
  let sending = false;
  let timer = 0;
  let trouble = "";

  const kept = (kind) =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(`${own}${kind}:`))
      .map((key) => JSON.parse(localStorage.getItem(key)))
      .sort((one, two) => (one.scanned_at < two.scanned_at ? -1 : 1));
  const keep = (kind, scan) => localStorage.setItem(`${own}${kind}:${scan.id}`, JSON.stringify(scan));
  const drop = (kind, id) => localStorage.removeItem(`${own}${kind}:${id}`);

  const show = (text = "") => {
    const waiting = kept("scan").length;
    const parts = [text, trouble, waiting ? `${said.dataset.waiting} ${waiting}` : ""];
    said.textContent = parts.filter(Boolean).join(" · ");
    refused.replaceChildren(
      ...kept("no").map((scan) => {
        const row = document.createElement("li");
        const seen = document.createElement("button");
        row.textContent = `${scan.code} × ${scan.units}: ${scan.said} `;
        seen.type = "button";
        seen.className = "quiet";
        seen.textContent = refused.dataset.dismiss;
        seen.addEventListener("click", () => {
          drop("no", scan.id);
          show();
          form.elements.code.focus();
        });
        row.append(seen);
        return row;
      }),
    );
  };

  const learn = (scans, answers) => {
    const by = new Map(scans.map((scan) => [scan.id, scan]));
    let last = "";
    for (const one of answers) {
      const scan = by.get(one.id);
      if (!scan) continue;
      if (one.state === "refused") keep("no", { ...scan, said: one.said });
      else last = one.state === "known" ? `${one.said} · ${said.dataset.again}` : `${one.said} +${scan.units}`;
      drop("scan", one.id);
    }
    return last;
  };

  const send = async () => {
    timer = 0;
    if (sending) return;
    const scans = kept("scan").slice(0, batch);
    if (!scans.length) return;
    sending = true;
    let more = false;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(patience),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ scans }),
      });
      if (answer.ok) {
        trouble = "";
        show(learn(scans, (await answer.json()).answers));
        document.body.dispatchEvent(new Event("counted"));
        more = kept("scan").length > 0;
      } else {
        trouble = answer.status >= 500 ? said.dataset.offline : said.dataset.login;
        show();
      }
    } catch {
      trouble = said.dataset.offline;
      show();
    }
    sending = false;
    if (more) send();
  };

  const fresh = () => {
    // randomUUID is for secure addresses only; a warehouse's own network may have none
    const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join("-");
  };

  const count = (code) => {
    const scan = { id: fresh(), code, scanned_at: new Date().toISOString() };
    for (const name of ["units", "condition", "pallet", "lot", "expires_on", "produced_on", "origin"]) {
      scan[name] = form.elements[name].value;
    }
    keep("scan", scan);
    if (!timer) timer = setTimeout(send, gather);
    form.elements.units.value = "1";
    for (const name of ["lot", "expires_on", "produced_on", "origin"]) form.elements[name].value = "";
    show();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = form.elements.code.value.trim();
    form.elements.code.value = "";
    form.elements.code.focus();
    if (code) count(code);
  });
  addEventListener("online", send);
  setInterval(send, 5000);

  /* The camera, where the browser reads barcodes itself. */
  const button = document.getElementById("camera");
  const video = document.getElementById("seen");
  const formats = ["ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_128", "data_matrix", "qr_code"];
  const look = async (detector, stream) => {
    let before = "";
    let at = 0;
    while (stream.active) {
      const found = await detector.detect(video).catch(() => []);
      const code = found.length ? found[0].rawValue : "";
      if (code && (code !== before || Date.now() - at > 2000)) {
        [before, at] = [code, Date.now()];
        count(code);
      }
      await new Promise((wake) => setTimeout(wake, 120));
    }
  };
  if ("BarcodeDetector" in window && navigator.mediaDevices) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (video.srcObject) {
        for (const track of video.srcObject.getTracks()) track.stop();
        video.srcObject = null;
        video.hidden = true;
        form.elements.code.focus();
        return;
      }
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        video.hidden = false;
        await video.play();
        const able = await window.BarcodeDetector.getSupportedFormats();
        const detector = new window.BarcodeDetector({ formats: formats.filter((one) => able.includes(one)) });
        look(detector, stream);
      } catch (error) {
        show(error.message);
      }
    });
  }
  show();
  send();
  form.elements.code.focus();
})();
