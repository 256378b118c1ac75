/** The parts that ONNX models are written of. */
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

export type Attribute = ReturnType<typeof onnx.AttributeProto.create>;

export function integer(name: string, i: number): Attribute {
  return onnx.AttributeProto.create({ name, type: onnx.AttributeProto.AttributeType.INT, i });
}

export function integers(name: string, ints: readonly number[]): Attribute {
  return onnx.AttributeProto.create({ name, type: onnx.AttributeProto.AttributeType.INTS, ints: [...ints] });
}

export function string(name: string, value: string): Attribute {
  return onnx.AttributeProto.create({
    name,
    type: onnx.AttributeProto.AttributeType.STRING,
    s: new TextEncoder().encode(value),
  });
}

/** @param shape sizes, or names of sizes that each run decides */
export function valueInfo(
  name: string,
  elemType: number,
  shape: readonly (number | string)[],
): ReturnType<typeof onnx.ValueInfoProto.create> {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return onnx.ValueInfoProto.create({ name, type: { tensorType: { elemType, shape: { dim } } } });
}
