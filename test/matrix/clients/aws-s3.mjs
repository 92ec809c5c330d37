import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";

for (const url of process.argv.slice(2)) {
  const client = new S3Client({
    endpoint: url,
    region: "eu-central-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "nobody", secretAccessKey: "nothing" },
  });
  const { Body } = await client.send(new GetObjectCommand({ Bucket: "bucket", Key: "key" }));
  const { origin } = JSON.parse(await Body.transformToString());
  console.log(JSON.stringify({ url, origin }));
}
