import { Field, Float, ObjectType } from 'type-graphql';
import type { AltText as AltTextRecord } from '../../collection/alt-text.js';
import { CaptionOrigin } from './enums.js';

@ObjectType({ description: 'What stands in place of a photo for who cannot see it.' })
export class AltText {
  constructor(private readonly record: AltTextRecord) {}

  @Field(() => String, { description: 'A sentence; "Image may show: …" where a model wrote it and is not certain enough.' })
  get text(): string {
    return this.record.text;
  }

  @Field(() => String, { description: 'The sentence as it was written.' })
  get caption(): string {
    return this.record.caption;
  }

  @Field(() => Float, {
    description: "1 for a person's sentence; for a model's the share of its content words that people who describe such photos would use, 0 to 1.",
  })
  get confidence(): number {
    return this.record.confidence;
  }

  @Field(() => CaptionOrigin)
  get origin(): string {
    return this.record.origin;
  }
}
