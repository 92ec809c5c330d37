/** The smallest programs that make one request the way that their language's own library does, and print the answer. */

export const goSource = `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	response, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer response.Body.Close()
	_, err = io.Copy(os.Stdout, response.Body)
	if err != nil || response.StatusCode != 200 {
		fmt.Fprintln(os.Stderr, response.Status, err)
		os.Exit(1)
	}
}
`;

/** Both of Java's clients; which one is the second argument. */
export const javaSource = `import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

public class Client {
  public static void main(String[] args) throws Exception {
    URI uri = URI.create(args[0]);
    if (args[1].equals("HttpClient")) {
      HttpResponse<String> response =
          HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
      check(response.statusCode());
      System.out.println(response.body());
    } else {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      check(connection.getResponseCode());
      try (InputStream body = connection.getInputStream()) {
        System.out.println(new String(body.readAllBytes()));
      }
    }
  }

  static void check(int status) {
    if (status != 200) throw new IllegalStateException("status " + status);
  }
}
`;

/** Its authorities are in a store of the user's own, one by one. */
export const chromiumSource = `set -e
# A home of its own: another run's gateway has another authority of the same name.
export HOME="$1"
cd "$1"
store="sql:$HOME/.pki/nssdb"
mkdir -p "$HOME/.pki/nssdb"
certutil -d "$store" -N --empty-password
awk '/BEGIN/ { n++ } { print > ("authority-" n) }' "$NODE_EXTRA_CA_CERTS"
for file in authority-*; do certutil -d "$store" -A -t C,, -n "$file" -i "$file"; done
quiet="--disable-gpu --disable-background-networking --disable-component-update --disable-dev-shm-usage --disable-sync --no-first-run"
chromium --headless --no-sandbox $quiet --dump-dom "$0" > page 2> said
# It ends well with a page that says what is wrong.
grep -q '"method"' page || { cat page; grep -v "dbus\\|unexpected operator" said; exit 1; }
`;

export const phpSource = `$request = curl_init($argv[1]);
curl_setopt($request, CURLOPT_RETURNTRANSFER, true);
curl_setopt($request, CURLOPT_FAILONERROR, true);
$answer = curl_exec($request);
if ($answer === false) { fwrite(STDERR, curl_error($request)); exit(1); }
echo $answer;
`;

export const fetchSource = `const response = await fetch((globalThis.Deno?.args ?? process.argv.slice(-1))[0]);
if (!response.ok) throw new Error("status " + response.status);
console.log(await response.text());
`;

export const requestsSource = `import sys, requests
response = requests.get(sys.argv[1])
response.raise_for_status()
print(response.text)
`;

export const urllibSource = `import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1]).read().decode())
`;

/** Each prints a line for every URL: what it is, and what came of it. */
export const pythonSources = {
  httpx: `import sys, httpx
for url in sys.argv[1:]:
    with httpx.Client() as client:
        print(client.get(url).raise_for_status().text)
`,
  "httpx, asynchronous": `import asyncio, sys, httpx
async def main():
    for url in sys.argv[1:]:
        async with httpx.AsyncClient() as client:
            print((await client.get(url)).raise_for_status().text)
asyncio.run(main())
`,
  aiohttp: `import asyncio, sys, aiohttp
async def main():
    for url in sys.argv[1:]:
        async with aiohttp.ClientSession(trust_env=True, raise_for_status=True) as session:
            async with session.get(url) as response:
                print(await response.text())
asyncio.run(main())
`,
  requests: `import sys, requests
for url in sys.argv[1:]:
    response = requests.get(url)
    response.raise_for_status()
    print(response.text)
`,
  anthropic: `import sys, anthropic
for url in sys.argv[1:]:
    client = anthropic.Anthropic(base_url=url.removesuffix("/echo"), api_key="none", max_retries=0)
    message = client.messages.create(model="m", max_tokens=8, messages=[{"role": "user", "content": "hi"}])
    print(message.content[0].text)
`,
} as const;

export const cargoManifest = `[package]
name = "asker"
version = "0.1.0"
edition = "2021"

[dependencies]
thing = { version = "1", registry = "lab" }
`;
