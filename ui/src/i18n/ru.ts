/*
 * ru.ts - the Russian texts, and by their shape the list of all texts
 *
 * Functions where a sentence depends on numbers; `plural` follows the three Russian forms.
 */
export function plural(n: number, one: string, few: string, many: string): string {
	const tens = Math.abs(n) % 100;
	const ones = tens % 10;
	if (tens > 10 && tens < 20) {
		return many;
	}
	return ones === 1 ? one : ones >= 2 && ones <= 4 ? few : many;
}

export const ru = {
	product: "Домовой",
	skip: "К содержанию",
	loading: "Загрузка…",
	close: "Закрыть",
	cancel: "Отмена",
	save: "Сохранить",
	delete: "Удалить",
	edit: "Изменить",
	add: "Добавить",
	retry: "Повторить",
	back: "Назад",
	all: "Все",
	none: "нет",
	never: "никогда",
	ago: (time: string) => `${time} назад`,
	since: (time: string) => `с ${time}`,
	till: (time: string) => `по ${time}`,
	dateFormat: "дд.мм.гггг",
	today: "сегодня",
	switchLang: "Switch to English",
	langName: "Русский",

	nav: {
		label: "Разделы",
		buildings: "Здания",
		lines: "Линии и приборы",
		linesShort: "Приборы",
		events: "События",
		setup: "Настройка",
		signOut: "Выйти",
	},

	title: {
		notFound: "Страница не найдена",
	},
	notFound: "По этому адресу ничего нет. Возможно, объект удалён или ссылка неполная.",

	login: {
		title: "Вход",
		lead: "Учёт тепла, воды и электроэнергии здания",
		login: "Имя пользователя",
		password: "Пароль",
		submit: "Войти",
		busy: "Проверяем…",
		required: "Заполните оба поля",
		help: "Учётную запись создаёт администратор: domovoi user add",
	},

	error: {
		check: "Проверьте",
		where: "Где",
		network: "Узел не отвечает",
		networkCheck: "связь с контроллером и запущена ли служба domovoi",
		unexpected: "Непредвиденный ответ узла",
		unexpectedCheck: "журнал узла; сообщите разработчикам",
		page: "Ошибка на странице",
		pageCheck: "обновите страницу; если повторится, сообщите разработчикам",
	},

	banner: {
		stream: "Связь с узлом потеряна",
		streamText: (time: string) => `Значения на странице не обновляются с ${time}. Восстановим сами, как только узел ответит.`,
		store: "База данных недоступна для записи",
		storeSince: (time: string) => `с ${time}`,
		storeKept: (n: number, bytes: string) =>
			`Новые значения ждут в файле на диске: ${n} ${plural(n, "пакет", "пакета", "пакетов")}, ${bytes}. После восстановления они будут записаны.`,
		live: "Обновляется",
		connecting: "Подключение…",
		cut: "Нет связи",
	},

	health: {
		unknown: "ещё не опрошен",
		ok: "в порядке",
		disabled: "отключён",
		warning: "внимание",
		silent: "не отвечает",
		failed: "отказ",
	},

	quality: {
		MEASURED: "измерено",
		INTERPOLATED: "интерполировано",
		ESTIMATED: "оценено",
		CALCULATED: "рассчитано",
		SUBSTITUTED: "договорное",
		EDITED: "введено вручную",
		PARTIAL: "неполное",
		SUSPECT: "сомнительное",
		MISSING: "нет данных",
	},
	source: {
		NONE: "нет",
		ESTIMATE: "оценка",
		INTEGRATED: "интегрирование опросов",
		POLLED: "разность показаний опроса",
		METER: "архив прибора",
		IMPORT: "импорт",
		MANUAL: "ручной ввод",
	},
	flag: {
		ROLLOVER: "переполнение счётчика",
		REPLACED: "замена прибора",
		RESET_SUSPECT: "похоже на сброс счётчика",
		HIGH_SUSPECT: "больше возможного для прибора",
		TIME_SUSPECT: "часы прибора врали",
		ABNORMAL: "нештатная ситуация",
		LATE: "дочитано из памяти прибора",
	},

	step: { half_hour: "Полчаса", hour: "Час", day: "Сутки", month: "Месяц" },
	stepOf: { half_hour: "получасовые", hour: "часовые", day: "суточные", month: "месячные" },

	range: {
		label: "Период",
		step: "Шаг",
		today: "Сегодня",
		yesterday: "Вчера",
		this_month: "Этот месяц",
		last_month: "Прошлый месяц",
		own: "Свой",
		from: "С",
		till: "По",
		apply: "Показать",
		previous: "Предыдущий период",
		next: "Следующий период",
		wrong: "Дата вида дд.мм.гггг, начало не позже конца",
	},
};

export type Texts = typeof ru;
