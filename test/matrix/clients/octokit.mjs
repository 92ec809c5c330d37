import { Octokit } from "@octokit/rest";

for (const url of process.argv.slice(2)) {
  const octokit = new Octokit({ baseUrl: url, auth: "not-a-real-token" });
  const { data } = await octokit.rest.repos.get({ owner: "somebody", repo: "something" });
  console.log(JSON.stringify({ url, origin: data.origin }));
}
