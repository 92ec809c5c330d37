import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An image of one file, as a registry of containers serves it (OCI distribution specification): pulled, it asks for nothing but files. */
export function makeImage(directory: string): void {
  const folder = join(directory, "v2", "lab", "image");
  for (const part of ["blobs", "manifests"]) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(directory, "v2", "index.html"), "{}");
  const blob = (mediaType: string, content: Buffer) => {
    const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
    writeFileSync(join(folder, "blobs", digest), content);
    return { mediaType: `application/vnd.oci.image.${mediaType}`, digest, size: content.length };
  };
  const layer = join(directory, "layer.tar");
  writeFileSync(join(directory, "hello"), "hello\n");
  execFileSync("tar", ["-cf", layer, "-C", directory, "hello"]);
  const bytes = readFileSync(layer);
  const difference = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const config = {
    architecture: process.arch === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: [difference] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: blob("config.v1+json", Buffer.from(JSON.stringify(config))),
    layers: [blob("layer.v1.tar", bytes)],
  };
  writeFileSync(join(folder, "manifests", "latest.manifest"), JSON.stringify(manifest));
}

/** Has podman pull it into a storage of its own. */
export function podmanPull(origin: string, home: string): readonly string[] {
  const storage = ["--storage-driver", "vfs", "--root", join(home, "storage"), "--runroot", join(home, "run")];
  const image = `${new URL(origin).host}/lab/image:latest`;
  return ["podman", ...storage, "--cgroup-manager", "cgroupfs", "--events-backend", "none", "pull", "--quiet", image];
}
