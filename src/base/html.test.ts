import { describe, expect, it } from "vitest";
import { html, trusted } from "./html.js";

describe("html", () => {
  it("escapes what is put in, in content and in attributes", () => {
    const evil = `"><script>alert('1')</script>&amp;`;
    expect(html`<p title="${evil}">${evil}</p>`.toString()).toBe(
      `<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;</p>`,
    );
  });

  it("joins lists, nests markup once, and leaves out what is undefined", () => {
    const items = ["a", "<"].map((text) => html`<b>${text}</b>`);
    expect(html`<i>${items}${undefined}${7}</i>`.toString()).toBe("<i><b>a</b><b>&lt;</b>7</i>");
    expect(html`${trusted("<wbr>")}`.toString()).toBe("<wbr>");
  });

  it("spells out characters that nobody sees, and those that turn the writing round", () => {
    expect(html`${"evil\u202emoc.elpmaxe\u0000\u001b[31m\u2066\ufeff"}`.toString()).toBe(
      String.raw`evil\u{202e}moc.elpmaxe\u{0}\u{1b}[31m\u{2066}\u{feff}`,
    );
    expect(html`${"two\nlines\tand a tab, Grüße, 東京"}`.toString()).toBe("two\nlines\tand a tab, Grüße, 東京");
  });
});
