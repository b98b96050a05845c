// Browsers start no workers from a disk. There the search runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = `<script src="${new URL(address, location.href)}"><\/script>`;
      this.frame.addEventListener("load", () => this.start());
      document.body.append(this.frame);
    }
    start() {
      // What the script says goes to the page, not to the frame itself.
      this.frame.contentWindow.postMessage = data => this.hear(data);
      const waiting = this.waiting;
      this.waiting = null;
      waiting.forEach(data => this.postMessage(data));
    }
    hear(data) {
      setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data })));
    }
    postMessage(data) {
      if (this.waiting) this.waiting.push(data);
      else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
    }
    terminate() { this.frame.remove(); }
  };
}
