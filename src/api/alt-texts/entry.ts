/** A photo's texts in one language, as whoever approves them looks at them. */
import { Ctx, Field, Float, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { AltTextEntry as EntryRecord, AltTextSuggestion as SuggestionRecord } from '../../collection/alt-text.js';
import { checkAltText } from '../../language/alt-text-rules.js';
import type { ModelId } from '../../ids.js';
import { ALT_TEXT_EVENTS, type AltTextEventRecord } from '../../store/alt-text-decisions.js';
import { CaptionOrigin } from '../captions/caption-origin.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Image } from '../images/image.js';
import { Model } from '../models/model.js';
import { AltText, AltTextAuthor, AltTextState } from './alt-text.js';
import { AltTextFinding } from './check.js';

const AltTextEventKind = enumOf(ALT_TEXT_EVENTS);
registerEnumType(AltTextEventKind, {
  name: 'AltTextEventKind',
  description: 'What a person decided about a text.',
  valuesConfig: {
    APPROVED: { description: 'A suggested text was approved.' },
    EDITED: { description: 'A person wrote the text.' },
    DECORATIVE: { description: 'The photo was marked as decorative.' },
    NOT_DECORATIVE: { description: 'The photo was said to be no longer decorative.' },
    REJECTED: { description: 'The text is not offered any more, and no longer approved.' },
    UNDONE: { description: 'What was decided before was taken back.' },
  },
});

@ObjectType({ description: 'A text that is offered for approval.' })
class AltTextSuggestion extends fieldsOf<SuggestionRecord & { readonly fileName: string }>() {
  @Field(() => String, {
    description: "What would be approved. A model's sentence begins with a capital letter and has a full stop here.",
  })
  declare readonly text: SuggestionRecord['text'];

  @Field(() => Float, { description: 'As of AltText.' })
  declare readonly confidence: SuggestionRecord['confidence'];

  @Field(() => CaptionOrigin)
  declare readonly origin: SuggestionRecord['origin'];

  @Field(() => String, { nullable: true, description: 'A BCP 47 tag. Null where a file does not say it.' })
  declare readonly language: SuggestionRecord['language'];

  @Field(() => Model, { nullable: true, description: 'The model that wrote it. Null where a person did.' })
  model(@Ctx() context: ApiContext): Promise<Model | undefined> {
    return modelOf(this.modelId, context);
  }

  @Field(() => [AltTextFinding], { description: 'The same as checkAltText finds.' })
  get findings(): readonly AltTextFinding[] {
    const { text, language, fileName } = this;
    return checkAltText(text, { language, fileName }).map((finding) => new AltTextFinding(finding));
  }
}

@ObjectType({ description: "A person's decision about a photo's text." })
class AltTextEvent extends fieldsOf<AltTextEventRecord>() {
  @Field(() => ID)
  declare readonly id: AltTextEventRecord['id'];

  @Field(() => ID, { description: 'The same for all that was decided at once: undoAltText takes it.' })
  declare readonly actionId: AltTextEventRecord['actionId'];

  @Field(() => AltTextEventKind)
  declare readonly kind: AltTextEventRecord['kind'];

  @Field(() => String, { nullable: true, description: 'A BCP 47 tag. Null where it is about every language.' })
  declare readonly language: AltTextEventRecord['language'];

  @Field(() => String, { nullable: true, description: 'The text that was approved, written or rejected.' })
  declare readonly text: AltTextEventRecord['text'];

  @Field(() => CaptionOrigin, { nullable: true, description: 'Who wrote the text.' })
  get origin(): string | undefined {
    return this.writer?.origin;
  }

  @Field(() => String, {
    nullable: true,
    description: 'The name of the model that wrote the text, though it may be gone.',
  })
  get modelName(): string | null | undefined {
    return this.writer?.modelName;
  }

  @Field(() => Model, { nullable: true, description: 'The model that wrote the text. Null where it is gone.' })
  model(@Ctx() context: ApiContext): Promise<Model | undefined> {
    return modelOf(this.writer?.modelId ?? undefined, context);
  }

  @Field(() => AltTextAuthor)
  get decidedBy(): AltTextAuthor {
    return new AltTextAuthor(this.by);
  }

  @Field(() => GraphQLISODateTime)
  get decidedAt(): Date {
    return this.at;
  }

  @Field(() => ID, { nullable: true, description: 'Of UNDONE: the event that it took back.' })
  declare readonly undoes: AltTextEventRecord['undoes'];
}

async function modelOf(id: ModelId | undefined, { loaders }: ApiContext): Promise<Model | undefined> {
  const record = id === undefined ? undefined : await loaders.models.load(id);
  return record && new Model(record);
}

/** Of a photo, as the cost is reckoned. */
const USUAL_SUGGESTIONS = 3;

@ObjectType({ description: "A photo's texts in one language." })
export class AltTextEntry {
  constructor(private readonly entry: EntryRecord) {}

  @Field(() => Image)
  get image(): Image {
    return new Image(this.entry.image);
  }

  @Field(() => String, { description: 'A BCP 47 tag.' })
  get language(): string {
    return this.entry.language;
  }

  @Field(() => AltTextState)
  get state(): string {
    return this.entry.altText?.state ?? 'MISSING';
  }

  @Field(() => Int, {
    description:
      'Rises with every decision about the photo in this language. Mutations are told the revision that their client ' +
      'has seen, and refuse what has changed since.',
  })
  get revision(): number {
    return this.entry.revision;
  }

  @Field(() => AltText, { nullable: true, description: 'What sites are given. Null while the state is MISSING.' })
  get altText(): AltText | undefined {
    return this.entry.altText && new AltText(this.entry.altText);
  }

  @Field(() => [AltTextSuggestion], {
    complexity: times(USUAL_SUGGESTIONS),
    description: 'What is offered, best first. An approved text stays, whatever is offered beside it.',
  })
  get suggestions(): readonly AltTextSuggestion[] {
    const { suggestions, image } = this.entry;
    return suggestions.map((suggestion) => new AltTextSuggestion({ ...suggestion, fileName: image.name }));
  }

  @Field(() => [AltTextEvent], {
    complexity: times(USUAL_SUGGESTIONS),
    description: 'What people decided about it, newest first.',
  })
  get history(): readonly AltTextEvent[] {
    return this.entry.history.map((event) => new AltTextEvent(event));
  }

  @Field(() => Int, { description: 'How often sites asked for the text of the photo. It may be ten seconds old.' })
  views(@Ctx() { loaders }: ApiContext): Promise<number> {
    return loaders.altTextViews.load(this.entry.image.id);
  }
}
