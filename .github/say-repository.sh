# Says in each package where its sources are: npm compares that with where its provenance says that it was built.
set -eu
for folder in packages/* packages/rocksdb/platforms/*; do
  (cd "$folder" && npm pkg set repository.type=git \
    "repository.url=git+$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git" "repository.directory=$folder")
done
