import type { Ecosystem } from "../../../specs/mod.ts";

/**
 * Names that many projects depend on, and well-known names near to them, which are no imitations. Kept by hand: a name that is
 * missing here is only not compared, so that the list need not be whole.
 */
const NAMES: Readonly<Partial<Record<Ecosystem, string>>> = {
  npm: `
    acorn ajv angular ansi-regex ansi-styles antd apollo-client archiver argon2 async autoprefixer ava aws-sdk axios babel-core
    babel-jest babel-loader backbone bcrypt bcryptjs big.js bignumber.js bluebird body-parser bootstrap boxen braces browserify
    browserslist bunyan busboy camelcase chai chalk chart.js cheerio chokidar classnames clean-css cli-table3 clsx cluster
    color color-convert color-name colorette colors comlink commander compression concat-stream concurrently connect convict
    cookie cookie-parser cookies core-js cors cross-env cross-fetch cross-spawn crypto-js css-loader csv-parse csv-stringify
    cypress d3 date-fns dayjs debug deepmerge del diff docker-compose dompurify dotenv dotenv-expand drizzle-orm ejs electron
    electron-builder ember-cli enquirer enzyme es-abstract esbuild escape-string-regexp eslint eslint-config-airbnb
    eslint-config-prettier eslint-plugin-import eslint-plugin-jest eslint-plugin-node eslint-plugin-prettier
    eslint-plugin-react eslint-plugin-react-hooks eslint-plugin-vue event-stream eventemitter2 eventemitter3 execa exceljs
    express express-session express-validator extend fast-check fast-glob fast-json-stringify fast-xml-parser fastify
    file-loader file-type find-up firebase firebase-admin flatted follow-redirects form-data formidable formik fs-extra
    fsevents fuse.js gatsby glob glob-parent globby globals got graceful-fs graphql graphql-tag grunt gulp handlebars hapi
    helmet highlight.js history hoek hono html-webpack-plugin http-proxy http-proxy-middleware http-server husky i18next iconv-lite
    immer immutable inherits ini inquirer ioredis is-number isomorphic-fetch jasmine jest jest-cli joi jose jquery js-cookie js-tokens
    js-yaml jsdom json-schema json-server json5 jsonwebtoken jszip karma kleur knex koa koa-router kysely leaflet less lerna
    lint-staged lodash lodash-es lodash.debounce lodash.get lodash.merge log4js loglevel lru-cache luxon magic-string mapbox-gl
    markdown-it marked memfs micromatch mime mime-types minimatch minimist mitt mkdirp mobx mocha mock-fs moment moment-timezone
    mongodb mongoose morgan ms msgpack msw multer mustache mysql mysql2 nan nanoid ncp nest nestjs next next-auth next-themes ngrok nock
    node-cron node-fetch node-forge node-gyp node-sass nodemailer nodemon normalize.css normalize-url nuxt nyc object-assign object.assign
    ora p-limit p-map papaparse parcel passport passport-jwt passport-local path-to-regexp pg phantomjs picocolors picomatch pino
    pino-pretty playwright pm2 polished postcss postcss-loader preact prettier prisma progress prop-types puppeteer
    puppeteer-core pug qrcode qs query-string quill ramda randombytes raw-body react react-bootstrap react-dnd react-dom
    react-hook-form react-icons react-intl react-is react-native react-query react-redux react-router react-router-dom
    react-scripts react-select react-spring react-table react-test-renderer readable-stream recast redis redux redux-saga
    redux-thunk reflect-metadata regenerator-runtime remark request resolve restify rimraf rollup rxjs safe-buffer safer-buffer sass
    sass-loader scheduler semantic-release semver sequelize serialize-javascript serve sharp shelljs shortid signal-exit
    sinon socket.io socket.io-client solid-js source-map source-map-support sqlite3 storybook string-width strip-ansi stripe
    style-loader styled-components stylelint sucrase superagent supertest supports-color svelte svelte-kit swiper swr table
    tailwindcss tailwind-merge tap tape tar terser three through2 tinymce tslib ts-jest ts-loader ts-node tslint tsup tsx turbo
    type-fest typeorm typescript typedoc ua-parser-js uglify-js underscore undici unified uuid uuidv4 validator vite vitest vue
    vue-router vuex vue-i18n webpack webpack-cli webpack-dev-server webpack-merge winston workbox ws xlsx xml2js yargs
    yargs-parser yarn yup zod zone.js zustand valtio vitepress vue-tsc vue-loader pinia ofetch execa-wrap jest-mock mock-socket
    nx ncu np tiny-invariant tiny-warning bonjour fastq fastqueue levelup level leveldown rambda esbuild-register
  `,
  pypi: `
    absl-py aiobotocore aiofiles aiohttp aiosignal aiosqlite airflow alembic altair annotated-types ansible anthropic anyio
    apache-airflow argcomplete arrow asgiref asyncpg attrs autopep8 babel bandit bcrypt beautifulsoup4 billiard black bleach
    blinker bokeh boto boto3 botocore bottle cachetools celery certifi cffi chardet charset-normalizer click cloudpickle
    colorama coloredlogs colorlog coverage croniter cryptography cython dash dask dataclasses-json datasets decorator
    defusedxml diffusers dill distlib distro django django-cors-headers django-filter djangorestframework dnspython docker
    docutils ecdsa elasticsearch emoji environs fabric faker fastapi fastavro filelock flake8 flask flask-cors flask-login
    flask-sqlalchemy fonttools frozenlist fsspec furo future gensim gevent gitpython google-api-python-client google-auth
    google-cloud-storage graphene greenlet grpcio grpcio-tools gunicorn h11 h5py hatchling html5lib httpcore httplib2 httptools
    httpx huggingface-hub humanize hypothesis idna imageio importlib-metadata importlib-resources iniconfig invoke ipykernel
    ipython isodate isort itsdangerous jax jedi jinja2 jmespath joblib jsonpatch jsonschema jupyter jupyterlab keras keyring
    kubernetes langchain lightgbm llvmlite locust loguru lxml mako markdown markupsafe matplotlib mccabe mdurl mistune mkdocs
    mock more-itertools moto msgpack multidict mypy mypy-extensions mysqlclient nbformat networkx nltk nose notebook numba numpy
    oauthlib openai opencv-python openpyxl orjson packaging pandas paramiko parso passlib pathspec peewee pendulum pexpect
    pillow pip pipenv platformdirs plotly pluggy poetry polars pre-commit prettytable prometheus-client prompt-toolkit protobuf psutil psycopg
    psycopg2 psycopg2-binary py4j pyarrow pyasn1 pycparser pycryptodome pydantic pydantic-settings pygame pygments pyinstaller pyjwt
    pylint pymongo pymysql pynacl pyodbc pyopenssl pyparsing pypdf pyqt5 pyqt6 pyright pyserial pysocks pyspark pytest pytest-asyncio
    pytest-cov pytest-django pytest-mock pytest-xdist python-dateutil python-dotenv python-jose python-multipart pytorch-lightning
    pytz pyyaml pyzmq redis regex reportlab requests requests-oauthlib responses retrying rich rsa ruff s3fs s3transfer scapy
    scikit-image scikit-learn scipy scrapy seaborn selenium sentry-sdk setuptools shapely simplejson six slack-sdk sniffio
    sortedcontainers soupsieve spacy sphinx sqlalchemy sqlmodel sqlparse stack-data starlette statsmodels streamlit structlog
    sympy tabulate tenacity tensorboard tensorflow termcolor textual thinc tiktoken tokenizers toml tomli tomlkit torch torchvision torchaudio
    tornado tox tqdm traitlets transformers trio twine twisted typer types-requests typing-extensions tzdata tzlocal ujson
    unidecode urllib3 uvicorn uvloop virtualenv waitress watchdog watchfiles wcwidth webencodings websocket-client websockets
    werkzeug wheel wrapt wtforms xarray xgboost xlrd xlsxwriter xmltodict yapf yarl zipp zope-interface zstandard flit
    flask-restful toolz tomlkit pytest-randomly pytest-timeout uvicorn-worker gensim pyspnego scikit-build pikepdf click-plugins
  `,
  cargo: `
    actix actix-rt actix-web addr2line aead aes ahash aho-corasick anyhow anstyle arc-swap arrayvec askama async-std
    async-stream async-trait atty axum backtrace base64 bincode bindgen bitflags block-buffer bstr bumpalo byteorder bytes
    cargo cargo-metadata cc cfg-if chrono clap clap_derive colored config cookie console criterion crossbeam crossbeam-channel
    crossbeam-utils crossterm csv dashmap derive_builder derive_more diesel digest dirs either encoding_rs env_logger
    envy eyre fastrand flate2 fnv futures futures-channel futures-core futures-util generic-array getrandom glob h2 hashbrown
    heck hex hmac http http-body httparse humantime hyper hyper-tls hyper-util idna indexmap indicatif indoc insta itertools itoa
    jsonwebtoken lazy_static libc libloading linked-hash-map lock_api log lru matchers memchr memmap2 mime mio
    mockall native-tls ndarray nix nom nom8 notify num num-bigint num-integer num-traits num_cpus once_cell openssl openssl-sys
    ordered-float parking_lot parking_lot_core paste percent-encoding petgraph pin-project pin-project-lite pkg-config
    plotters polars ppv-lite86 pretty_assertions prettyplease proc-macro2 proptest prost prost-build quick-xml quote r2d2 rand
    rand_chacha rand_core rayon rayon-core redis regex regex-syntax reqwest ring rocket ron rstest rusqlite rust_decimal rustc-hash
    rustls rustix ryu same-file scopeguard sea-orm semver serde serde_bytes serde_cbor serde_derive serde_json serde_repr
    serde_urlencoded serde_with serde_yaml serial_test sha1 sha2 signal-hook simd-json slab smallvec smol snafu socket2 sqlx
    static_assertions strsim structopt strum strum_macros subtle syn tempfile tera termcolor test-log thiserror thread_local time
    tokio tokio-rustls tokio-stream tokio-tungstenite tokio-util toml toml_edit tonic tonic-build tower tower-http tracing tracing-log
    tracing-subscriber trybuild tungstenite typenum unicode-ident unicode-segmentation unicode-width url uuid walkdir warp
    wasm-bindgen web-sys winapi windows-sys winnow xml-rs zerocopy zeroize zip zstd rustls-pemfile rustfft
  `,
  go: `
    github.com/aws/aws-sdk-go github.com/aws/aws-sdk-go-v2 github.com/burntsushi/toml github.com/cenkalti/backoff
    github.com/boltdb/bolt github.com/etcd-io/bbolt github.com/davecgh/go-spew github.com/docker/docker github.com/fatih/color github.com/fsnotify/fsnotify
    github.com/gin-gonic/gin github.com/go-chi/chi github.com/go-kit/kit github.com/go-playground/validator
    github.com/go-redis/redis github.com/redis/go-redis github.com/go-sql-driver/mysql github.com/gofiber/fiber github.com/gogo/protobuf
    github.com/golang-jwt/jwt github.com/golang/mock github.com/golang/protobuf github.com/google/go-cmp
    github.com/google/uuid github.com/gorilla/mux github.com/gorilla/websocket github.com/grpc-ecosystem/grpc-gateway
    github.com/hashicorp/consul github.com/hashicorp/terraform github.com/jackc/pgx github.com/jinzhu/gorm
    github.com/jmoiron/sqlx github.com/joho/godotenv github.com/julienschmidt/httprouter github.com/labstack/echo
    github.com/lib/pq github.com/mattn/go-sqlite3 github.com/mitchellh/mapstructure github.com/onsi/ginkgo
    github.com/onsi/gomega github.com/pkg/errors github.com/pmezard/go-difflib github.com/prometheus/client_golang
    github.com/robfig/cron github.com/rs/zerolog github.com/satori/go.uuid github.com/shopspring/decimal
    github.com/sirupsen/logrus github.com/spf13/cobra github.com/spf13/pflag github.com/spf13/viper
    github.com/stretchr/testify github.com/tidwall/gjson github.com/urfave/cli github.com/valyala/fasthttp go.uber.org/zap
    golang.org/x/crypto golang.org/x/net golang.org/x/sync golang.org/x/sys golang.org/x/text golang.org/x/tools
    google.golang.org/grpc google.golang.org/protobuf gopkg.in/yaml.v2 gopkg.in/yaml.v3 gorm.io/gorm k8s.io/api k8s.io/apimachinery
    k8s.io/client-go
  `,
  maven: `
    com.fasterxml.jackson.core:jackson-databind com.fasterxml.jackson.core:jackson-core com.google.code.gson:gson
    com.google.guava:guava com.h2database:h2 com.squareup.okhttp3:okhttp com.squareup.retrofit2:retrofit
    com.zaxxer:hikaricp commons-codec:commons-codec commons-io:commons-io commons-lang:commons-lang io.netty:netty-all
    io.projectreactor:reactor-core jakarta.servlet:jakarta.servlet-api javax.servlet:javax.servlet-api junit:junit
    log4j:log4j mysql:mysql-connector-java net.bytebuddy:byte-buddy org.apache.commons:commons-lang3
    org.apache.httpcomponents:httpclient org.apache.kafka:kafka-clients org.apache.logging.log4j:log4j-api
    org.apache.logging.log4j:log4j-core org.assertj:assertj-core org.hibernate:hibernate-core org.junit.jupiter:junit-jupiter
    org.junit.jupiter:junit-jupiter-api org.junit.jupiter:junit-jupiter-engine org.mockito:mockito-core
    org.postgresql:postgresql org.projectlombok:lombok org.slf4j:slf4j-api org.springframework:spring-core
    org.springframework:spring-web org.springframework.boot:spring-boot-starter org.springframework.boot:spring-boot-starter-web
    org.yaml:snakeyaml redis.clients:jedis
  `,
};

const lists = new Map<Ecosystem, ReadonlySet<string>>();

function known(ecosystem: Ecosystem): ReadonlySet<string> {
  const found = lists.get(ecosystem) ??
    new Set((NAMES[ecosystem] ?? "").split(/\s+/).filter((name) => name !== ""));
  lists.set(ecosystem, found);
  return found;
}

const folded = (ecosystem: Ecosystem, name: string): string => {
  const lower = name.toLowerCase();
  if (ecosystem === "cargo") return lower.replaceAll("_", "-");
  // The major version is a part of a Go module's path.
  return ecosystem === "go" ? lower.replace(/\/v\d+$/, "") : lower;
};

/** The well-known name that a new name looks like, or null. A name that is well-known itself looks like none. */
export function lookalike(ecosystem: Ecosystem, name: string): string | null {
  const names = known(ecosystem);
  const own = folded(ecosystem, name);
  const fold = (one: string) => folded(ecosystem, one);
  if ([...names].some((one) => fold(one) === own)) return null;
  const scope = /^@([^/]+)\/(.+)$/.exec(own);
  // A scope has an owner; only one that is a well-known name itself, misspelt, is told.
  const subject = scope ? scope[1] ?? "" : own;
  if (subject.length < 5 || (scope && names.has(subject))) return null;
  // Below a host's owner nobody else publishes.
  const owner = ecosystem === "go" ? /^[^/]+\/[^/]+\//.exec(own)?.[0] : undefined;
  if (ecosystem === "go") {
    const imitated = [...names].find((one) => ownerImitated(own, fold(one)));
    if (imitated !== undefined) return imitated;
  }
  const parts = (one: string) => one.split(/[-_.]/).toSorted().join(" ");
  for (const one of names) {
    const other = fold(one);
    if (other.length < 5 || (scope && other.includes("/"))) continue;
    if (scope && (other === subject || SCOPES.has(subject))) continue;
    if (owner !== undefined && other.startsWith(owner)) continue;
    if (!scope && /[-_.]/.test(own) && own.replace(/[-_.]/g, "") === other.replace(/[-_.]/g, "")) return one;
    if (!scope && other.includes("-") && parts(other) === parts(own)) return one;
    const limit = other.length >= 11 && subject.length >= 11 ? 2 : 1;
    if (Math.abs(other.length - subject.length) > limit) continue;
    const far = distance(subject, other, limit);
    if (far > 0 && far <= limit && !plural(subject, other) && !numbered(subject, other)) return one;
  }
  return null;
}

/** `boltdb-go/bolt` for `boltdb/bolt`: the module's own name, under an owner with a word more or less. */
function ownerImitated(name: string, known: string): boolean {
  const [host = "", owner = "", module = "", ...rest] = name.split("/");
  const [otherHost = "", otherOwner = "", otherModule = "", ...others] = known.split("/");
  const bare = (one: string) =>
    one.replace(/^(?:go|the|real|official)[-_]|[-_](?:go|golang|io|dev|org|official|lib|libs|project)$/g, "");
  return host === otherHost && host === "github.com" && module === otherModule && module !== "" &&
    rest.length === 0 && others.length === 0 && owner !== otherOwner && bare(owner) === bare(otherOwner);
}

/** Packages of npm that build or fetch their own binary when they are installed, and that many projects use. */
const BUILT = new Set(
  (`better-sqlite3 @swc/core @parcel/watcher @biomejs/biome canvas msgpackr-extract cpu-features ssh2 bufferutil utf-8-validate
    unrs-resolver prisma @prisma/client @prisma/engines @nestjs/core @sentry/cli @sentry/profiling-node workerd re2 keytar usb
    serialport @serialport/bindings-cpp deasync snyk lmdb protobufjs grpc @grpc/grpc-js @tensorflow/tfjs-node onnxruntime-node
    electron-winstaller dtrace-provider @apollo/rover @datadog/native-metrics dd-trace bcrypt node-pty tree-sitter iltorb lzma-native zeromq
    @scarf/scarf core-js-pure es5-ext vue-demi @vscode/ripgrep @fortawesome/fontawesome-free chromedriver geckodriver
    ffmpeg-static ffprobe-static supabase netlify-cli vercel cloudflared bun deno @ffmpeg-installer/ffmpeg hiredis isolated-vm
    mongodb-memory-server gifsicle mozjpeg optipng-bin pngquant-bin simple-git-hooks lefthook pre-commit @tailwindcss/oxide
    aws-crt libpq oracledb couchbase argon2 sodium-native leveldown classic-level rocksdb nodegit robotjs iohook`)
    .split(/\s+/),
);

/** Whether many projects depend on a package of this very name. */
export const isWellKnown = (ecosystem: Ecosystem, name: string): boolean =>
  known(ecosystem).has(name) || (ecosystem === "npm" && BUILT.has(name));

/** Owners whose names stand near to a package's. */
const SCOPES = new Set([
  "types",
  "react",
  "nestjs",
  "vuejs",
  "babel",
  "svelte",
  "tanstack",
  "radix-ui",
  "typescript-eslint",
  "mocks",
  "testing-library",
]);

/** `lodash4` and `log4j2` are versions of a name, and `psycopg` has a `psycopg3`. */
const numbered = (a: string, z: string): boolean =>
  a !== z && a.replace(/\d+$/, "") === z.replace(/\d+$/, "") && a.length > 6;

/** The other of a pair that both exist far too often to say anything. */
const plural = (a: string, z: string): boolean => a.length > 8 && (`${a}s` === z || `${z}s` === a);

/** Insertions, deletions, substitutions and swaps of neighbours, or more than the limit. */
export function distance(a: string, z: string, limit: number): number {
  let [older, old] = [[] as number[], Array.from({ length: z.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= z.length; j++) {
      const same = a[i - 1] === z[j - 1] ? 0 : 1;
      let cost = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === z[j - 2] && a[i - 2] === z[j - 1]) {
        cost = Math.min(cost, (older[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    if (Math.min(...row) > limit) return limit + 1;
    [older, old] = [old, row];
  }
  return old[z.length] ?? limit + 1;
}
