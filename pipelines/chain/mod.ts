/** Chains: runs of code and of data, one after the other, by typed ports. */
export { type Binding, bindingsOf, dependenciesOf, stagesOf } from "./binding.ts";
export { chainProblems } from "./check.ts";
export { chainDocument, chainNotes, chainShown } from "./document.ts";
export { cancelStages, stageEnded } from "./ended.ts";
export { ChainInput, type CodeRequest, type DataRequest, StageRequest } from "./input.ts";
export { chainLimits } from "./limits.ts";
export { chainPicture, levelsOf } from "./picture.ts";
export type { Begun, ChainPorts, StageOrder } from "./port.ts";
export type { InputPort, InputType, OutputPort, PortType, StagePorts } from "./port_type.ts";
export { sealChain } from "./seal.ts";
export { codePorts } from "./stage_ports.ts";
export { chainStateOf, stageIsOver, stageMoves } from "./state.ts";
export type { StageValue } from "./value.ts";
