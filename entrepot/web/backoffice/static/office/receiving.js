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

  /* The page and its parts stay in this browser, so that a reload without a line finds them: where there is https. */
  const stay = async () => {
    if (!("serviceWorker" in navigator)) return;
    await navigator.serviceWorker.register(form.dataset.worker);
    const cache = await caches.open("receiving");
    const parts = performance.getEntriesByType("resource").filter((one) => ["script", "link", "css"].includes(one.initiatorType));
    const wanted = new Set([location.origin + location.pathname, ...parts.map((one) => one.name)]);
    await Promise.allSettled([...wanted].filter((one) => one.startsWith(location.origin)).map((one) => cache.add(one)));
    document.getElementById("kept").hidden = false;
  };

  /* The camera: the browser reads the codes where it can, else the shop reads them off its pictures. */
  const button = document.getElementById("camera");
  const video = document.getElementById("seen");
  const formats = ["ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_128", "data_matrix", "qr_code"];
  const wide = 960;
  const gone = 2000; // a code that was out of sight for so long is another unit's
  const ownReader = async () => {
    const able = "BarcodeDetector" in window ? await window.BarcodeDetector.getSupportedFormats() : [];
    if (!able.includes("ean_13")) return null;
    const detector = new window.BarcodeDetector({ formats: formats.filter((one) => able.includes(one)) });
    return async () => (await detector.detect(video)).map((one) => one.rawValue);
  };
  const shopsReader = () => {
    const canvas = document.createElement("canvas");
    return async () => {
      canvas.width = Math.min(video.videoWidth, wide);
      canvas.height = Math.round((video.videoHeight * canvas.width) / video.videoWidth);
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      const body = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
      const headers = { "Content-Type": "image/jpeg", "X-CSRFToken": token };
      const answer = await fetch(form.dataset.read, { method: "POST", headers, body, signal: AbortSignal.timeout(patience) });
      if (!answer.ok) throw new Error(answer.status);
      return (await answer.json()).codes;
    };
  };
  const look = async (read, stream) => {
    let before = "";
    let at = 0;
    let blind = false;
    while (stream.active) {
      let pause = 120;
      try {
        const [code] = await read();
        if (blind) show();
        blind = false;
        if (code) {
          if (code !== before || Date.now() - at > gone) count(code);
          [before, at] = [code, Date.now()];
        }
      } catch {
        pause = 1000;
        if (!blind) show(said.dataset.blind);
        blind = true;
      }
      await new Promise((wake) => setTimeout(wake, pause));
    }
  };
  if (navigator.mediaDevices) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      if (video.srcObject) {
        for (const track of video.srcObject.getTracks()) track.stop();
        video.srcObject = null;
        video.hidden = true;
        button.setAttribute("aria-pressed", "false");
        form.elements.code.focus();
        return;
      }
      try {
        const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
        const stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
        video.srcObject = stream;
        video.hidden = false;
        button.setAttribute("aria-pressed", "true");
        await video.play();
        look((await ownReader()) ?? shopsReader(), stream);
      } catch (error) {
        show(error.name === "NotAllowedError" ? said.dataset.refused : error.message);
      }
    });
  }
  stay().catch(() => {});
  show();
  send();
  form.elements.code.focus();
})();
