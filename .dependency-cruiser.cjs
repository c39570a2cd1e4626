/** The import directions of ARCHITECTURE.md, held in CI. */
module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'wire-knows-nobody', severity: 'error', from: { path: '^packages/wire/' }, to: { pathNot: '^packages/wire/' } },
    { name: 'kernel-knows-wire-only', severity: 'error', from: { path: '^packages/kernel/' }, to: { path: '^(packages/(?!kernel/|wire/)|conformance|bench)' } },
    { name: 'client-knows-wire-only', severity: 'error', from: { path: '^packages/client/src/', pathNot: '\\.test\\.ts$' }, to: { pathNot: '^packages/(client|wire)/', dependencyTypesNot: ['core'] } },
    { name: 'public-face-only', severity: 'error', from: { path: '^packages/([^/]+)/' }, to: { path: '^packages/[^/]+/src/', pathNot: ['^packages/$1/', '^packages/[^/]+/src/(index|time/index|compat/[a-z_]+)\\.ts$'] } },
    { name: 'sidecar-knows-kernel-only', severity: 'error', from: { path: '^packages/sidecar/src/', pathNot: '\\.test\\.ts$' }, to: { path: '^packages/(cli|client)/' } },
    { name: 'errors-and-action-know-nobody', severity: 'error', from: { path: '^packages/kernel/src/(action|errors)', pathNot: '\\.test\\.ts$' }, to: { path: '^packages/kernel/src/(?!action/|errors)' } },
    { name: 'gate-knows-stages-by-interface', severity: 'error', from: { path: '^packages/kernel/src/gate/', pathNot: '\\.test\\.ts$' }, to: { path: '^packages/kernel/src/(?!gate/)[^/]+/guard\\.ts$' } },
    { name: 'stages-know-no-wiring', severity: 'error', from: { path: '^packages/kernel/src/(action|session|capability|policy|flow|behaviour|approval|budget|gate|denial|record|journal|frame|handle|provider|state|crypto|store|time)/', pathNot: ['\\.test\\.ts$', '/testing/'] }, to: { path: '^packages/kernel/src/(kernel\\.ts|parts\\.ts|wiring/|verbs/)' } },
    { name: 'only-tests-know-testing', severity: 'error', from: { path: '^packages/', pathNot: ['\\.test\\.ts$', '/testing/'] }, to: { path: '/testing/' } },
    { name: 'only-the-gate-reaches-a-provider', severity: 'error', from: { path: '^packages/kernel/src/', pathNot: ['^packages/kernel/src/(gate/|provider/|wiring/|kernel\\.ts|index\\.ts|parts\\.ts|host\\.ts)', '\\.test\\.ts$'] }, to: { path: '^packages/kernel/src/provider/'} },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
