/** What a training was made from and with. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { DataFingerprint } from '../../training/data-fingerprint.js';
import type { Provenance, RunVersions } from '../../trainings/provenance.js';
import { fieldsOf } from '../fields-of.js';

@ObjectType({
  description:
    'What is trained on, by SHA-256 in hexadecimal. Ids and rows do not matter; the order matters to orderSha256 alone.',
})
export class TrainingData extends fieldsOf<DataFingerprint>() {
  @Field(() => Int, { description: 'The number of photos with captions in the train and the dev split.' })
  declare readonly photoCount: DataFingerprint['photoCount'];

  @Field(() => String)
  declare readonly photosSha256: DataFingerprint['photosSha256'];

  @Field(() => Int)
  declare readonly captionCount: DataFingerprint['captionCount'];

  @Field(() => String, { description: 'Of each caption with its photo.' })
  declare readonly captionsSha256: DataFingerprint['captionsSha256'];

  @Field(() => Int, { description: 'The number of train photos.' })
  declare readonly trainCount: DataFingerprint['trainCount'];

  @Field(() => Int, { description: 'The number of dev photos.' })
  declare readonly devCount: DataFingerprint['devCount'];

  @Field(() => String, { description: 'Of each photo with its split.' })
  declare readonly splitsSha256: DataFingerprint['splitsSha256'];

  @Field(() => String, {
    description: 'Of photos, splits and captions in the order in which they are learned, which decides the batches.',
  })
  declare readonly orderSha256: DataFingerprint['orderSha256'];
}

@ObjectType({ description: 'The programs and the machine that computed a training.' })
class TrainingVersions extends fieldsOf<RunVersions>() {
  @Field(() => String, { description: 'The version of Ekphrasis.' })
  declare readonly program: RunVersions['program'];

  @Field(() => String)
  declare readonly node: RunVersions['node'];

  @Field(() => String)
  declare readonly onnxruntime: RunVersions['onnxruntime'];

  @Field(() => String, { description: 'Such as linux-x64.' })
  declare readonly platform: RunVersions['platform'];

  @Field(() => String, { description: 'The model of the processor.' })
  declare readonly cpu: RunVersions['cpu'];

  @Field(() => Int, { description: 'The number of threads. With another number sums are rounded differently.' })
  declare readonly threads: RunVersions['threads'];

  @Field(() => String)
  declare readonly engine: RunVersions['engine'];

  @Field(() => String)
  declare readonly device: RunVersions['device'];

  @Field(() => String, { description: 'The encoder: weights, precision and preprocessing.' })
  declare readonly encoder: RunVersions['encoder'];
}

type From = NonNullable<Provenance['from']>;

@ObjectType({ description: 'The captioner that a training began from.' })
class TrainingOrigin extends fieldsOf<From>() {
  @Field(() => ID)
  get modelId(): From['id'] {
    return this.id;
  }

  @Field(() => String)
  declare readonly name: From['name'];

  @Field(() => String, { description: 'Of its checkpoint.' })
  declare readonly sha256: From['sha256'];
}

@ObjectType({ description: 'What a training was made from and with, beside its settings.' })
export class TrainingProvenance {
  @Field(() => TrainingData)
  readonly data: TrainingData;

  @Field(() => String, {
    description: 'SHA-256 of what the encoder saw in the photos, with their captions, in their order.',
  })
  readonly featuresSha256: string;

  @Field(() => TrainingVersions)
  readonly versions: TrainingVersions;

  @Field(() => TrainingOrigin, { nullable: true, description: 'Null if it began from none.' })
  readonly from: TrainingOrigin | undefined;

  @Field(() => [String], {
    description:
      'Names of what was not the same in all attempts of a training that was paused or lost. Such a training cannot be ' +
      'repeated exactly.',
  })
  readonly changed: readonly string[];

  constructor({ data, featuresSha256, versions, from, changed }: Provenance) {
    this.data = new TrainingData(data);
    this.featuresSha256 = featuresSha256;
    this.versions = new TrainingVersions(versions);
    this.from = from && new TrainingOrigin(from);
    this.changed = changed;
  }
}
